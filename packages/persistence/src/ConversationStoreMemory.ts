import { laneKey } from "@nominal-code/domain/job/Lane"
import type { Conversation } from "@nominal-code/domain/model/Conversation"
import { layerConfigOf } from "@nominal-code/domain/settings/LayerConfig"
import { Clock, type Config, Duration, Effect, Layer, Option } from "effect"
import { type ConversationOptions, ConversationStore } from "./ConversationStore.ts"

// The least recently saved one goes first. A conversation can hold megabytes.
const capacity = 200

const make = Effect.fnUntraced(function*(options: ConversationOptions) {
  const ttl = Duration.toMillis(options.ttl)
  // In the order of saving, which is also the order of expiry.
  const kept = new Map<string, { readonly conversation: Conversation; readonly expiresAt: number }>()

  const evict = (now: number) => {
    for (const [key, { expiresAt }] of kept) {
      if (expiresAt > now && kept.size <= capacity) return
      kept.delete(key)
    }
  }

  return ConversationStore.of({
    load: Effect.fn("ConversationStore.load")(function*(lane) {
      evict(yield* Clock.currentTimeMillis)
      // A copy, here and below: whoever appends to what it was given must not change what is kept.
      return Option.map(
        Option.fromUndefinedOr(kept.get(laneKey(lane))),
        ({ conversation }) => structuredClone(conversation)
      )
    }),
    save: Effect.fn("ConversationStore.save")(function*(lane, conversation) {
      const now = yield* Clock.currentTimeMillis
      const key = laneKey(lane)
      kept.delete(key)
      kept.set(key, { conversation: structuredClone(conversation), expiresAt: now + ttl })
      evict(now)
    })
  })
})

/** Conversations that end with the process. */
export const layer = (options: ConversationOptions) => Layer.effect(ConversationStore, make(options))

/** The layer with its options from Effect's `Config`. */
export const layerConfig: (
  options: Config.Wrap<ConversationOptions>
) => Layer.Layer<ConversationStore, Config.ConfigError> = layerConfigOf(layer)
