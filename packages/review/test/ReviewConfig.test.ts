import { assert, it } from "@effect/vitest"
import type { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { JobPayload } from "@nominal-code/domain/JobPayload"
import { ReviewSettings } from "@nominal-code/domain/ReviewSettings"
import type { Forge } from "@nominal-code/forge/Forge"
import type { ConversationStore } from "@nominal-code/persistence/ConversationStore"
import type { Spend } from "@nominal-code/persistence/Spend"
import type { Workspace } from "@nominal-code/workspace/Workspace"
import type { Effect, FileSystem } from "effect"
import type { notice } from "../src/Notice.ts"
import type { review } from "../src/Review.ts"
import type * as ReviewConfig from "../src/ReviewConfig.ts"

type Needs<F extends (...args: ReadonlyArray<never>) => unknown> = Effect.Services<ReturnType<F>>
type Same<A, B> = [A, B] extends [B, A] ? true : false

it("a review and a notice read no configuration but what travels with the job: the compiler knows all they need", () => {
  const ofReview: Same<
    Needs<typeof review>,
    | ReviewConfig.ReviewConfig
    | Forge
    | Workspace
    | AgentRunner
    | ConversationStore
    | Spend
    | FileSystem.FileSystem
  > = true
  const ofNotice: Same<Needs<typeof notice>, ReviewConfig.ReviewConfig | Forge> = true
  assert.deepStrictEqual([ofReview, ofNotice], [true, true])
})

it("these settings travel with a job, and a payload holds no other part of the configuration", () => {
  assert.deepStrictEqual(Object.keys(ReviewSettings.fields).sort(), [
    "answerer",
    "botUsername",
    "codingGuidelines",
    "dryRun",
    "explorer",
    "failOn",
    "ignoreExistingComments",
    "ignoreLabel",
    "ignorePatterns",
    "inlineSuggestions",
    "languageGuidelines",
    "limits",
    "maxCostUsd",
    "prices",
    "reviewer"
  ])
  assert.deepStrictEqual(Object.keys(JobPayload.fields).sort(), ["job", "run", "settings", "version"])
})
