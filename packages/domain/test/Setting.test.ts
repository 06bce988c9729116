import { assert, it } from "@effect/vitest"
import { costs } from "@nominal-code/domain/settings/Costs"
import { reviewer } from "@nominal-code/domain/settings/Reviewer"
import { ReviewSettings } from "@nominal-code/domain/settings/ReviewSettings"
import { defaulted, fieldsOfJob, optional, type ValuesOf, withJob } from "@nominal-code/domain/settings/Setting"
import { duration, flag, integer, list, oneOf, secret, text } from "@nominal-code/domain/settings/SettingType"
import { Effect, Option, Schema } from "effect"

type Same<A, B> = [A, B] extends [B, A] ? true : false

const group = {
  tone: defaulted("plain", { env: "TONE", travels: "job", kind: oneOf(["plain", "stern"]), doc: "." }),
  most: optional({ env: "MOST", travels: "job", kind: integer(1), doc: "." }),
  topics: defaulted([], { env: "TOPICS", travels: "job", kind: list("topics"), doc: "." }),
  quiet: defaulted(false, { env: "QUIET", travels: "pod", kind: flag, doc: "." }),
  wait: defaulted("24h", { env: "WAIT", kind: duration, doc: "." })
}

const Job = Schema.Struct({ id: Schema.String, ...fieldsOfJob(group) })
const Json = Schema.fromJsonString(Job)

it("a group's type follows from its declarations, and so does the type of what travels with a job", () => {
  const ofGroup: Same<
    Pick<ValuesOf<typeof group>, "tone" | "most" | "quiet">,
    { readonly tone: "plain" | "stern"; readonly most: Option.Option<number>; readonly quiet: boolean }
  > = true
  const ofJob: Same<
    typeof Job.Type,
    {
      readonly id: string
      readonly tone: "plain" | "stern"
      readonly most: Option.Option<number>
      readonly topics: ReadonlyArray<string>
    }
  > = true
  assert.deepStrictEqual([ofGroup, ofJob], [true, true])
  assert.deepStrictEqual(Object.keys(withJob(group)), ["tone", "most", "topics"])
})

it.effect.prop("what travels with a job arrives as it was", [Job], ([job]) =>
  Effect.gen(function*() {
    const sent = yield* Schema.encodeEffect(Json)(job)
    assert.deepStrictEqual(yield* Schema.decodeEffect(Json)(sent), job)
    assert.notInclude(sent, "quiet")
  }))

it.effect("a job of a time before a setting has its default", () =>
  Effect.gen(function*() {
    assert.deepStrictEqual(yield* Schema.decodeEffect(Json)("{\"id\":\"1\"}"), {
      id: "1",
      tone: "plain",
      most: Option.none(),
      topics: []
    })
  }))

it("a secret cannot travel with a job", () => {
  const declared = { key: optional({ env: "KEY", travels: "job", kind: secret(text), doc: "." }) }
  assert.throws(() => fieldsOfJob(declared), "KEY: a secret cannot travel with a job")
})

it("every setting of a review that is declared to travel with a job is one of its settings", () => {
  const declared = [...Object.keys(withJob(reviewer)), ...Object.keys(withJob(costs))]
  assert.includeMembers(Object.keys(ReviewSettings.fields), declared)
  assert.includeMembers(declared, ["ignorePatterns", "dryRun", "prices"])
})
