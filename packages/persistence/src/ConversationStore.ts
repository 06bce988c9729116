import type { Lane } from "@nominal-code/domain/job/Lane"
import type { Conversation } from "@nominal-code/domain/model/Conversation"
import { Context, type Duration, type Effect, type Option } from "effect"
import type { StoreError } from "./StoreError.ts"

/** Settings of the kept conversations. */
export interface ConversationOptions {
  /** The time that a conversation is kept after it was last saved. */
  readonly ttl: Duration.Input
}

/**
 * Store of the conversations of pull requests' reviews, each kept until its pull request has rested for the configured
 * time.
 * What cannot be read any more is treated as absent: a review never fails for the lack of its history.
 */
export class ConversationStore extends Context.Service<ConversationStore, {
  load(lane: Lane): Effect.Effect<Option.Option<Conversation>, StoreError>
  save(lane: Lane, conversation: Conversation): Effect.Effect<void, StoreError>
}>()("@nominal-code/persistence/ConversationStore") {}
