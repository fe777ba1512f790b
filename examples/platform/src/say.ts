/** What the example prints. */
import { Console, Effect } from "effect"

export const say = {
  title: (text: string) => Console.log(`\n${text}`),
  line: (text: string) => Console.log(`  ${text}`)
}

/** Fails loudly: an example that is not true is worse than none. */
export const expect = (condition: boolean, what: string): Effect.Effect<void> =>
  condition ? Console.log(`  ✓ ${what}`) : Effect.die(new Error(`the example expected: ${what}`))
