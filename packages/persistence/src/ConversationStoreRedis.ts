import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { type Conversation, Message } from "@nominal-code/domain/model/Conversation"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { type Config, Duration, Effect, type FileSystem, Layer, Option, Schema } from "effect"
import { deflateRawSync, inflateRawSync } from "node:zlib"
import { type ConversationOptions, ConversationStore } from "./ConversationStore.ts"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"
import type { StoreError } from "./StoreError.ts"

const Stored = Schema.Tuple([Schema.NullOr(Schema.String), Schema.NullOr(Schema.String)])
const MessagesJson = Schema.fromJsonString(Schema.Array(Message))
const encodeJson = Schema.encodeSync(MessagesJson)

const compressed = "z:"
/** Maximum sizes of a conversation in bytes: as text, and compressed in Redis. */
const [longest, largest] = [32 * 1024 * 1024, 1024 * 1024]

const encode = (json: string): string => `${compressed}${deflateRawSync(json).toString("base64url")}`

/** The JSON; as it is if an older version stored it. */
const inflate = Option.liftThrowable((stored: string): string =>
  stored.startsWith(compressed)
    ? inflateRawSync(Buffer.from(stored.slice(compressed.length), "base64url"), { maxOutputLength: longest }).toString()
    : stored
)

/** The session and the messages. What is in braces decides where a cluster keeps them: together. */
const keysOf = (lane: string) => [`nc:conv:{${lane}}`, `nc:msgs:{${lane}}`]

const make = Effect.fnUntraced(function*(options: ConversationOptions) {
  const redis = yield* Redis
  const { redactKnown } = yield* KnownSecrets
  const keep = yield* RedisScript.load(new URL("lua/", import.meta.url), ["conversation"])
  const ttl = Duration.toMillis(options.ttl)

  const load = Effect.fn("ConversationStore.load")(function*(lane: Lane) {
    const key = laneKey(lane)
    const [sessionId, messages] = yield* redis.send("ConversationStore.load", Stored, ["mget", ...keysOf(key)])
    if (messages === null) return Option.none()
    return yield* Effect.fromOption(inflate(messages)).pipe(
      Effect.flatMap(Schema.decodeEffect(MessagesJson)),
      Effect.map((messages): Option.Option<Conversation> =>
        Option.some({ messages, ...(sessionId === null ? {} : { sessionId }) })
      ),
      // The error quotes the text, so it is left out.
      Effect.catch(() =>
        Effect.as(
          Effect.logWarning(`the stored conversation of ${key} cannot be read; its next review starts a new one`),
          Option.none<Conversation>()
        )
      )
    )
  })

  const save = Effect.fn("ConversationStore.save")(function*(lane: Lane, { messages, sessionId }: Conversation) {
    const stored = encode(redactKnown(encodeJson(messages)))
    if (stored.length > largest) {
      return yield* Effect.logWarning(`the conversation of ${laneKey(lane)} is too long to be kept`)
    }
    const session = sessionId === undefined ? [0, ""] : [1, sessionId]
    yield* redis.run("ConversationStore.save", Schema.Literal(1), keep, keysOf(laneKey(lane)), [
      ttl,
      ...session,
      stored
    ])
  })

  return ConversationStore.of({ load, save })
})

/** Conversations that every process of a cluster shares, jobs included. */
export const layer = (options: ConversationOptions) => Layer.effect(ConversationStore, make(options))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ConversationOptions>
) => Layer.Layer<ConversationStore, Config.ConfigError | StoreError, FileSystem.FileSystem | Redis> = layerConfigOf(
  layer
)
