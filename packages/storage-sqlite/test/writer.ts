/** A process that renews an authorizer's tokens as fast as it can, and says so after each one. It ends by being killed. */
import * as App from "@wechat/core/App"
import * as Token from "@wechat/core/Token"
import { isLease, Vault } from "@wechat/core/Vault"
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { writeSync } from "node:fs"

const [path = "", authorizer = "", from = "0"] = process.argv.slice(2)
const key = Token.Access(App.authorizer("wxplatform", authorizer))

const renew = Effect.fnUntraced(function* (count: number) {
  const vault = yield* Vault
  const lease = yield* vault.lease(key, Duration.millis(1))
  if (!isLease(lease)) return yield* Effect.sleep(1)
  const value = Redacted.make(`${count}`.padEnd(200, "."))
  const token = Token.issued({ value, now: Date.now(), expiresIn: 7200, margin: 600 })
  if (yield* vault.keep(lease, { token, refresh: value })) writeSync(1, `${count}\n`)
})

const forever = Effect.gen(function* () {
  for (let count = Number(from); ; count++) yield* renew(count)
})

await Effect.runPromise(Effect.provide(forever, Sqlite.layerVault({ path })))
