/** An allowance that fills up with time: `rate` a second, and as many more in a burst. */
export const bucket = (rate: number): ((now: number) => boolean) => {
  const most = rate * 2
  let left = most
  let last = 0
  return (now) => {
    left = Math.min(most, left + (Math.max(0, now - last) * rate) / 1000)
    last = now
    if (left < 1) return false
    left--
    return true
  }
}
