/** A key or index on the way to a value. */
type Step = string | number

/**
 * A value that does not fit. Thrown, not returned, inside codecs alone: they run for every field of every answer, and
 * the way to the value is only put together where one fails. The value itself is not kept: it may be a secret.
 */
export class Mismatch extends Error {
  readonly expected: string
  readonly found: string
  readonly steps: Array<Step> = []

  constructor(expected: string, value: unknown) {
    super()
    this.expected = expected
    this.found = kindOf(value)
  }

  static under(error: unknown, step: Step): unknown {
    if (error instanceof Mismatch) error.steps.unshift(step)
    return error
  }

  override get message(): string {
    const path = this.steps
      .map((step, at) => (typeof step === "number" ? `[${step}]` : at === 0 ? step : `.${step}`))
      .join("")
    return `${path === "" ? "" : `${path}: `}expected ${this.expected}, found ${this.found}`
  }
}

const kindOf = (value: unknown): string => {
  switch (typeof value) {
    case "undefined":
      return "nothing"
    case "string":
      return value === "" ? "an empty text" : "a text"
    case "number":
      return Number.isInteger(value)
        ? "a number"
        : Number.isNaN(value)
          ? "NaN"
          : "a number with a fraction or without an end"
    case "bigint":
      return "a number that is too large"
    case "object":
      return value === null ? "null" : Array.isArray(value) ? "a list" : "an object"
    default:
      return `a ${typeof value}`
  }
}
