import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { sarifFaults } from "@nominal-code/testing/SarifSchema"
import { ConfigProvider, Console, Effect, FileSystem, Option } from "effect"
import * as GitLabCi from "../src/ci/GitLabCi.ts"
import { ci } from "../src/commands/Ci.ts"
import { finding, report } from "./Reported.ts"

type Variables = Readonly<Record<string, string>>

const given = (variables: Variables) =>
  Effect.provideService(ConfigProvider.ConfigProvider, ConfigProvider.fromEnvRecord(variables))

const merge = { CI_PROJECT_PATH: "acme/team/shop", CI_MERGE_REQUEST_IID: "7", CI_PROJECT_DIR: "/builds/shop" }

describe("a merge request pipeline", () => {
  it.effect("names its merge request, and tells one of a fork", () =>
    Effect.gen(function*() {
      for (const [source, isFork] of [["acme/team/shop", false], ["stranger/shop", true], ["", false]] as const) {
        const here = yield* given({ ...merge, CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: source })(GitLabCi.run)
        const { number, platform, repo } = here.pullRequest
        assert.deepStrictEqual<unknown>([platform, repo, number], ["gitlab", "acme/team/shop", 7])
        assert.deepStrictEqual([here.directory, here.isFork], ["/builds/shop", isFork])
      }
    }))

  it.effect("that has no merge request, or none that can be, says which pipeline is needed", () =>
    Effect.gen(function*() {
      const needed =
        /run this in a merge request pipeline \(rules: if: \$CI_PIPELINE_SOURCE == "merge_request_event"\)$/
      for (const iid of ["", "0", "-1", "7.5", "seven", "99999999999999999999"]) {
        const { message } = yield* Effect.flip(given({ ...merge, CI_MERGE_REQUEST_IID: iid })(GitLabCi.run))
        assert.match(message, needed, iid)
      }
      const elsewhere = yield* Effect.flip(given({ ...merge, CI_PROJECT_PATH: "../etc" })(GitLabCi.run))
      assert.match(elsewhere.message, needed)
    }))

  it.live("writes its reports where the job keeps them, with a review and without one", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped()
      const inJob = given({ CI_PROJECT_DIR: directory })
      const read = (name: string) => Effect.map(fs.readFileString(`${directory}/${name}`), (text) => JSON.parse(text))
      yield* inJob(GitLabCi.tell(report([finding(), finding({ line: 9 })])))
      assert.strictEqual((yield* read("gl-code-quality-report.json")).length, 2)
      assert.strictEqual((yield* read("nominal-code-review.json")).findings.length, 2)
      assert.strictEqual(sarifFaults(yield* read("nominal-code-review.sarif")), "")
      yield* inJob(GitLabCi.tellNothing("the merge request is a draft"))
      assert.deepStrictEqual(yield* read("gl-code-quality-report.json"), [])
      assert.strictEqual(sarifFaults(yield* read("nominal-code-review.sarif")), "")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("shows in its log what the merge request has not, and nothing where it has it", () =>
    Effect.gen(function*() {
      const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const printed: Array<string> = []
      const console = { ...(yield* Console.Console), log: (text: string) => printed.push(text) }
      const tell = (told: Parameters<typeof GitLabCi.tell>[0]) =>
        GitLabCi.tell(told).pipe(given({ CI_PROJECT_DIR: directory }), Effect.provideService(Console.Console, console))
      yield* tell(report([finding()]))
      assert.deepStrictEqual(printed, [])
      yield* tell({ ...report([finding({ body: "The last page is lost." })]), notPosted: "The token may only read." })
      const [why, text = "", ...others] = printed
      assert.deepStrictEqual([why, others], ["The review is not on the merge request. The token may only read.\n", []])
      assert.include(text, "The last page is lost.")
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("of a fork without a key is told of as a merge request", () =>
    Effect.gen(function*() {
      const directory = yield* (yield* FileSystem.FileSystem).makeTempDirectoryScoped()
      const printed: Array<string> = []
      const console = { ...(yield* Console.Console), log: (text: string) => printed.push(text) }
      const variables = { ...merge, CI_PROJECT_DIR: directory, CI_MERGE_REQUEST_SOURCE_PROJECT_PATH: "stranger/shop" }
      yield* ci("gitlab", { failOn: Option.none() }).pipe(
        given({ ...variables, WORKSPACE_BASE_DIR: directory, NOMINAL_DATA_DIR: directory }),
        Effect.provideService(Console.Console, console)
      )
      assert.deepStrictEqual(printed, [
        "Nothing was reviewed: a merge request from a fork gets none of the secrets, so there is no key for the model."
      ])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))
})
