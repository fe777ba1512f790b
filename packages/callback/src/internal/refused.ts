/** A request that is not answered as a push. */
export class Refused {
  readonly _tag = "Refused"
  readonly status: 400 | 401 | 404 | 405 | 413 | 500
  /** For the log: says nothing of the content. */
  readonly why: string

  constructor(status: Refused["status"], why: string) {
    this.status = status
    this.why = why
  }
}
