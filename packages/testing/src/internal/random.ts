/** Randomness from a seed: the same seed draws the same values, on every machine. */

const letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

/** The FNV-1a hash of a text, in 32 bits. */
const hash = (text: string): number => {
  let value = 0x811c9dc5
  for (let at = 0; at < text.length; at++) value = Math.imul(value ^ text.charCodeAt(at), 0x01000193)
  return value >>> 0
}

export interface Random {
  /** From 0 to below 1. */
  readonly next: () => number
  /** A whole number, both ends included. */
  readonly int: (from: number, to: number) => number
  /** One of some values; `undefined` of none. */
  readonly pick: <A>(values: ReadonlyArray<A>) => A | undefined
  /** Letters and digits. */
  readonly text: (length: number) => string
  /** Digits, the first of which is not 0. */
  readonly digits: (length: number) => string
  /** Hexadecimal digits. */
  readonly hex: (length: number) => string
}

/** The generator mulberry32, which is small and good enough for samples. */
export const make = (seed: string): Random => {
  let state = hash(seed)
  const next = (): number => {
    state = (state + 0x6d2b79f5) | 0
    const mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    const again = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((again ^ (again >>> 14)) >>> 0) / 0x100000000
  }
  const int = (from: number, to: number): number => from + Math.floor(next() * (to - from + 1))
  const from = (alphabet: string, length: number): string => {
    let text = ""
    while (text.length < length) text += alphabet.charAt(int(0, alphabet.length - 1))
    return text
  }
  return {
    next,
    int,
    pick: (values) => values[int(0, values.length - 1)],
    text: (length) => from(letters, length),
    digits: (length) => from("123456789", 1) + from("0123456789", length - 1),
    hex: (length) => from("0123456789abcdef", length)
  }
}
