/** A process that opens a file and says why it cannot. */
import * as Sqlite from "@wechat/storage-sqlite/Sqlite"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const [path = ""] = process.argv.slice(2)
const failure = await Effect.runPromise(Effect.flip(Effect.scoped(Layer.build(Sqlite.layerVault({ path })))))
console.log(failure.message)
