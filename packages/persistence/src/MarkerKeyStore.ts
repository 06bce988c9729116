import { MarkerKeys } from "@nominal-code/domain/review/MarkerSeal"
import { Effect, Layer, Redacted, Schema } from "effect"
import { randomBytes } from "node:crypto"
import { Redis } from "./Redis.ts"
import { retryAtStart } from "./RedisStart.ts"
import { Sqlite } from "./Sqlite.ts"

const newKey = () => randomBytes(32).toString("hex")

/** The keys in their stored form: separated by blanks, the one to seal with first. */
const keysIn = (stored: string) => stored.split(/\s+/).filter((key) => key !== "").map((key) => Redacted.make(key))

const Stored = Schema.Struct({ value: Schema.String })
const select = "SELECT value FROM installation WHERE name = 'marker_keys'"

/** The keys of the installation's markers, in its database. A server makes the first; any other process reads. */
export const layerSqlite = (use: "make" | "read") =>
  Layer.effect(
    MarkerKeys,
    Effect.gen(function*() {
      const { read, transaction } = yield* Sqlite
      const there = yield* read("MarkerKeys", (statements) => statements.get(Stored, select))
      if (there !== undefined || use === "read") return keysIn(there?.value ?? "")
      const made = yield* transaction("MarkerKeys", (statements) => {
        statements.run("INSERT OR IGNORE INTO installation (name, value) VALUES ('marker_keys', :key)", {
          key: newKey()
        })
        return statements.get(Stored, select)
      })
      return keysIn(made?.value ?? "")
    })
  )

const redisKey = "nc:marker-keys"

/** The same keys in the Redis that servers and jobs share. */
export const layerRedis = (use: "make" | "read") =>
  Layer.effect(
    MarkerKeys,
    Effect.gen(function*() {
      const redis = yield* Redis
      if (use === "make") {
        yield* retryAtStart(
          redis.send("MarkerKeys", Schema.NullOr(Schema.Literal("OK")), ["set", redisKey, newKey(), "NX"])
        )
      }
      const stored = yield* retryAtStart(redis.send("MarkerKeys", Schema.NullOr(Schema.String), ["get", redisKey]))
      return keysIn(stored ?? "")
    })
  )
