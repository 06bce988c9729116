import { assert, it } from "@effect/vitest"
import type { AgentRunner } from "@nominal-code/agent/AgentRunner"
import { JobPayload } from "@nominal-code/domain/job/JobPayload"
import { costs } from "@nominal-code/domain/settings/Costs"
import { reviewer } from "@nominal-code/domain/settings/Reviewer"
import { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { withJob } from "@nominal-code/domain/settings/Setting"
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

it("a payload holds the settings that are declared to travel, those resolved for a review, and no other", () => {
  const declared = [...Object.keys(withJob(reviewer)), ...Object.keys(withJob(costs))]
  const resolved = [
    "answerer",
    "botUsername",
    "codingGuidelines",
    "explorer",
    "explorers",
    "failOn",
    "filters",
    "languageGuidelines",
    "limits",
    "maxCostUsd",
    "reviewer",
    "triggers",
    "verifier"
  ]
  assert.sameMembers(Object.keys(ReviewSettings.fields), [...declared, ...resolved])
  assert.deepStrictEqual(Object.keys(JobPayload.fields).sort(), ["job", "run", "settings", "token", "version"])
})
