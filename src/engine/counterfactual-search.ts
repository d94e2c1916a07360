// The most that is still right, the fewest that will do: searches over whole numbers that ask as seldom
// as they can. What holds for a number is taken to hold for less of it, and what is told was asked.

/** The largest whole number from 1 to below `top` that holds; asked at `guess` first. */
export function largest(
  holds: (number: number) => boolean, { guess, top }: { guess: number, top: number },
): number | undefined {
  let low = 0
  let high = top
  if (guess >= 1 && guess < top) {
    if (!holds(guess)) high = guess
    else {
      low = guess
      if (low + 1 < high) {
        if (!holds(low + 1)) return low
        low += 1
      }
    }
  }
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) low = middle
    else high = middle
  }
  return low === 0 ? undefined : low
}

/** The smallest whole number from 1 to `top` that holds. */
export function fewest(holds: (number: number) => boolean, top: number): number | undefined {
  let low = 0
  let high = top + 1
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2)
    if (holds(middle)) high = middle
    else low = middle
  }
  return high > top ? undefined : high
}
