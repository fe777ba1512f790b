/**
 * Answers that come in pages, as streams.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/**
 * How to get from one page to the next. Reading ends with an empty page, an empty or repeated cursor, where `total` items
 * have been read, or where `more` is false.
 *
 * @since 0.1.0
 */
export type Rule<I, A, X> = {
  readonly items: (output: A) => ReadonlyArray<X>
  readonly total?: (output: A) => number | undefined
  readonly more?: (output: A) => boolean | undefined
} &
  /** The field grows by the number of items read. */
  (
    | { readonly offset: keyof I & string }
    /** The field grows by one. */
    | { readonly number: keyof I & string }
    /** The field takes a value of the answer. */
    | { [K in keyof I & string]-?: { readonly cursor: K; readonly from: (output: A) => I[K] | undefined } }[keyof I &
        string]
  )

interface At<I> {
  readonly input: I
  /** Items read before this page. */
  readonly read: number
}

const isEmpty = (cursor: unknown): boolean => cursor === undefined || cursor === "" || cursor === 0 || cursor === "0"

const following = <I, A, X>(
  rule: Rule<I, A, X>,
  input: I,
  first: number | undefined,
  output: A,
  count: number
): I | undefined => {
  if ("cursor" in rule) {
    const cursor = rule.from(output)
    return isEmpty(cursor) || cursor === input[rule.cursor] ? undefined : { ...input, [rule.cursor]: cursor }
  }
  const field = "offset" in rule ? rule.offset : rule.number
  const at = Number(input[field] ?? first ?? ("offset" in rule ? 0 : 1))
  const next = "offset" in rule ? at + count : at + 1
  // An offset field may be text in the catalog; it stays what it was.
  return { ...input, [field]: typeof input[field] === "string" ? String(next) : next }
}

const isLast = <I, A, X>(rule: Rule<I, A, X>, output: A, start: number, read: number, count: number): boolean => {
  const total = rule.total?.(output)
  return count === 0 || rule.more?.(output) === false || (total !== undefined && total > 0 && start + read >= total)
}

/**
 * The pages of an endpoint, one call at a time, as fast as they are pulled. `first` is where a page number or offset
 * begins when the input leaves it out.
 *
 * @since 0.1.0
 */
export const pages = <I, A, X, E, R>(
  call: (input: I) => Effect.Effect<A, E, R>,
  rule: Rule<I, A, X>,
  input: I,
  first: number | undefined
): Stream.Stream<A, E, R> => {
  const start = "offset" in rule ? Number(input[rule.offset] ?? first ?? 0) : 0
  return Stream.paginate<At<I>, A, E, R>({ input, read: 0 }, (at) =>
    Effect.map(call(at.input), (output) => {
      const count = rule.items(output).length
      const read = at.read + count
      const next = isLast(rule, output, start, read, count)
        ? undefined
        : following(rule, at.input, first, output, count)
      return [[output], next === undefined ? Option.none() : Option.some({ input: next, read })] as const
    })
  )
}

/**
 * The items of all pages.
 *
 * @since 0.1.0
 */
export const items = <I, A, X, E, R>(
  call: (input: I) => Effect.Effect<A, E, R>,
  rule: Rule<I, A, X>,
  input: I,
  first: number | undefined
): Stream.Stream<X, E, R> =>
  Stream.flatMap(pages(call, rule, input, first), (page) => Stream.fromIterable(rule.items(page)))
