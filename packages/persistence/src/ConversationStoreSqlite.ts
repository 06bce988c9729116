import { type Lane, laneKey } from "@nominal-code/domain/job/Lane"
import { Conversation } from "@nominal-code/domain/model/Conversation"
import { KnownSecrets } from "@nominal-code/domain/secret/KnownSecrets"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { Clock, type Config, Duration, Effect, Layer, Option, Schema } from "effect"
import { type ConversationOptions, ConversationStore } from "./ConversationStore.ts"
import { Sqlite } from "./Sqlite.ts"

const Content = Schema.Struct({ content: Schema.String })
const ConversationJson = Schema.fromJsonString(Conversation)
const encode = Schema.encodeSync(ConversationJson)

const make = Effect.fnUntraced(function*(options: ConversationOptions) {
  const { read, transaction } = yield* Sqlite
  const { redactKnown } = yield* KnownSecrets
  const ttl = Duration.toMillis(options.ttl)

  const load = Effect.fn("ConversationStore.load")(function*(lane: Lane) {
    const now = yield* Clock.currentTimeMillis
    const key = laneKey(lane)
    const row = yield* read("ConversationStore.load", (statements) =>
      statements.get(
        Content,
        "SELECT content FROM conversations WHERE lane = :lane AND expires_at > :now",
        { lane: key, now }
      ))
    if (row === undefined) return Option.none()
    return yield* Schema.decodeEffect(ConversationJson)(row.content).pipe(
      Effect.asSome,
      // The error quotes the text, so it is left out.
      Effect.catch(() =>
        Effect.as(
          Effect.logWarning(`the stored conversation of ${key} cannot be read; its next review starts a new one`),
          Option.none<Conversation>()
        )
      )
    )
  })

  const save = Effect.fn("ConversationStore.save")(function*(lane: Lane, conversation: Conversation) {
    const now = yield* Clock.currentTimeMillis
    yield* transaction("ConversationStore.save", (statements) => {
      statements.run("DELETE FROM conversations WHERE expires_at <= :now", { now })
      statements.run(
        `INSERT INTO conversations (lane, content, expires_at) VALUES (:lane, :content, :expiresAt)
           ON CONFLICT (lane) DO UPDATE SET content = excluded.content, expires_at = excluded.expires_at`,
        { lane: laneKey(lane), content: redactKnown(encode(conversation)), expiresAt: now + ttl }
      )
    })
  })

  return ConversationStore.of({ load, save })
})

/** Conversations in the database file. */
export const layer = (options: ConversationOptions) => Layer.effect(ConversationStore, make(options))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ConversationOptions>
) => Layer.Layer<ConversationStore, Config.ConfigError, Sqlite> = layerConfigOf(layer)
