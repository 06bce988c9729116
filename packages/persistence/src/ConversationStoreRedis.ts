import { AppConfig } from "@nominal-code/config/AppConfig"
import { type Conversation, Message } from "@nominal-code/domain/Conversation"
import { type Lane, laneKey } from "@nominal-code/domain/Lane"
import { Duration, Effect, Layer, Option, Schema } from "effect"
import { ConversationStore } from "./ConversationStore.ts"
import { Redis } from "./Redis.ts"
import * as RedisScript from "./RedisScript.ts"

const Stored = Schema.Tuple([Schema.NullOr(Schema.String), Schema.NullOr(Schema.String)])
const MessagesJson = Schema.fromJsonString(Schema.Array(Message))
const encode = Schema.encodeSync(MessagesJson)

/** The session and the messages. What is in braces decides where a cluster keeps them: together. */
const keysOf = (lane: string) => [`nc:conv:{${lane}}`, `nc:msgs:{${lane}}`]

const make = Effect.gen(function*() {
  const { conversationTtl } = yield* AppConfig
  const redis = yield* Redis
  const keep = yield* RedisScript.load(new URL("lua/", import.meta.url), ["conversation"])
  const ttl = Duration.toMillis(conversationTtl)

  const load = Effect.fn("ConversationStore.load")(function*(lane: Lane) {
    const key = laneKey(lane)
    const [sessionId, messages] = yield* redis.send("ConversationStore.load", Stored, ["mget", ...keysOf(key)])
    if (messages === null) return Option.none()
    return yield* Schema.decodeEffect(MessagesJson)(messages).pipe(
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
    const session = sessionId === undefined ? [0, ""] : [1, sessionId]
    yield* redis.run("ConversationStore.save", Schema.Literal(1), keep, keysOf(laneKey(lane)), [
      ttl,
      ...session,
      encode(messages)
    ])
  })

  return ConversationStore.of({ load, save })
})

/** Conversations that every process of a cluster shares, jobs included. */
export const layer = Layer.effect(ConversationStore, make)
