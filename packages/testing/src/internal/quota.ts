/** Counts calls against limits per day, which ends at midnight in Beijing, and per minute. */

const day = 86_400_000
const minute = 60_000
const beijing = 8 * 3_600_000

interface Window {
  start: number
  count: number
}

export class Quota {
  readonly #windows = new Map<string, Window>()

  #take(key: string, start: number, limit: number): boolean {
    const known = this.#windows.get(key)
    const window = known !== undefined && known.start === start ? known : { start, count: 0 }
    this.#windows.set(key, window)
    if (window.count >= limit) return false
    window.count++
    return true
  }

  /** Whether one more call fits into the day. */
  perDay(appid: string, name: string, limit: number, now: number): boolean {
    return this.#take(`${appid} ${name} day`, Math.floor((now + beijing) / day), limit)
  }

  /** Whether one more call fits into the minute. */
  perMinute(appid: string, name: string, limit: number, now: number): boolean {
    return this.#take(`${appid} ${name} minute`, Math.floor(now / minute), limit)
  }

  /** Whether one more call fits into the month. */
  perMonth(appid: string, name: string, limit: number, now: number): boolean {
    const month = new Date(now + beijing)
    return this.#take(`month ${appid} ${name}`, month.getUTCFullYear() * 12 + month.getUTCMonth(), limit)
  }

  /** Forgets the calls of the day. */
  clear(appid: string): void {
    for (const key of this.#windows.keys()) if (key.startsWith(`${appid} `)) this.#windows.delete(key)
  }
}
