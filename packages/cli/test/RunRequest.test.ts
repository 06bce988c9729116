import { assert, describe, it } from "@effect/vitest"
import { AppConfig } from "@nominal-code/config/AppConfig"
import { RepoPath } from "@nominal-code/domain/event/PullRequest"
import { JobPayload, JobPayloadJson } from "@nominal-code/domain/job/JobPayload"
import { layerTest, testConfig } from "@nominal-code/testing/TestConfig"
import { Ajv2020 } from "ajv/dist/2020.js"
import { Effect, Option, Redacted, Schema } from "effect"
import { readFileSync } from "node:fs"
import { decode } from "../src/RunPayload.ts"
import { jobOf } from "../src/RunRequest.ts"
import { runSchema } from "../src/RunSchema.ts"

const read = (path: string) => readFileSync(new URL(path, import.meta.url), "utf8")

const examples = [...read("../../../docs/run-job.md").matchAll(/```json\n([^]*?)```/g)].map(([, text = ""]) => text)

const understood = (text: string, cloneBase = "https://github.com") =>
  Effect.gen(function*() {
    const given = yield* decode(text)
    return given._tag === "FromServer" ? given.payload.job : yield* jobOf(yield* AppConfig, given.request)
  }).pipe(
    Effect.provide(layerTest({
      github: Option.some({
        credentials: { _tag: "Token", token: Redacted.make("t") },
        webhookSecret: Option.none(),
        apiBase: "https://api.github.com",
        cloneBase
      }),
      review: { ...testConfig().review, botUsername: "nominalbot" }
    }))
  )

const refusal = (text: string, cloneBase?: string) =>
  Effect.map(Effect.flip(understood(text, cloneBase)), ({ message }) => message)

const event = (changes: Record<string, unknown> = {}) => ({
  platform: "github",
  repo_full_name: "acme/api",
  pr_number: 7,
  pr_branch: "fix",
  event_type: "pr_push",
  is_comment_event: false,
  ...changes
})

describe("what people give to run-job", () => {
  it.effect("is understood in every form that its page shows, and by the schema", () =>
    Effect.gen(function*() {
      const accepts = new Ajv2020().compile(runSchema())
      assert.strictEqual(examples.length, 4)
      for (const example of examples) {
        const { event: { pullRequest }, lane } = yield* understood(example)
        assert.strictEqual(`${pullRequest.platform} ${pullRequest}`, "github acme/api#7")
        assert.strictEqual(lane.bot, "nominalbot")
        assert.isTrue(accepts(JSON.parse(example)), JSON.stringify(accepts.errors))
      }
    }))

  it("has the schema that is checked in", () => {
    assert.deepStrictEqual(
      JSON.parse(read("../run-job.schema.json")),
      runSchema(),
      "run: node packages/cli/generate.ts"
    )
  })

  it.effect("is a request of somebody, with what it asks for", () =>
    Effect.gen(function*() {
      const plain = yield* understood(`{"pull_request": "https://github.com/acme/api/pull/7/files?w=1#diff"}`)
      assert.deepStrictEqual([plain.event._tag, plain.prompt], ["Comment", ""])
      const asked = yield* understood(`{"platform": "github", "repo": "acme/api", "number": 7, "prompt": "why?"}`)
      assert.strictEqual(asked.prompt, "why?")
      const again = yield* understood(`{"platform": "github", "repo": "acme/api", "number": 7, "prompt": "why?"}`)
      assert.notStrictEqual(asked.id, again.id)
    }))

  it.effect("keeps what an event says, and gives a comment the same job each time", () =>
    Effect.gen(function*() {
      const text = JSON.stringify({
        event: event({
          event_type: "review_comment",
          is_comment_event: true,
          comment_id: 12,
          author_username: "alice",
          body: "@nominalbot why?",
          mention_prompt: "why?",
          diff_hunk: "@@ -1 +1 @@",
          file_path: "src/a.ts",
          discussion_id: "11"
        }),
        namespace: "team",
        extra_env: {}
      })
      const job = yield* understood(text)
      assert.deepInclude(job.event, {
        kind: "review_comment",
        commentId: 12,
        threadId: "11",
        filePath: RepoPath.make("src/a.ts"),
        diffHunk: "@@ -1 +1 @@"
      })
      assert.deepStrictEqual([job.prompt, job.lane.namespace, job.event.author], ["why?", "team", "alice"])
      assert.strictEqual((yield* understood(text)).id, job.id)
    }))

  it.effect("is a job of its own each time where its comment has no id", () =>
    Effect.gen(function*() {
      const text = JSON.stringify({ event: event({ event_type: "issue_comment", is_comment_event: true }) })
      const [one, other] = [yield* understood(text), yield* understood(text)]
      assert.deepInclude(one.event, { _tag: "Comment", commentId: 0 })
      assert.notStrictEqual(one.id, other.id)
    }))

  it.effect("tells the comments of a pull request apart, however long the name of its repository is", () =>
    Effect.gen(function*() {
      const comment = (comment_id: number) =>
        understood(JSON.stringify({
          event: event({
            repo_full_name: `acme/${"a".repeat(100)}/${"b".repeat(100)}`,
            event_type: "issue_comment",
            is_comment_event: true,
            comment_id
          })
        }))
      const [one, other, again] = [yield* comment(1), yield* comment(2), yield* comment(1)]
      assert.notStrictEqual(one.id, other.id)
      assert.strictEqual(one.id, again.id)
    }))

  it.effect("may be on a GitHub Enterprise Server, if that is the configured one", () =>
    Effect.gen(function*() {
      const page = `{"pull_request": "https://ghe.example/acme/api/pull/7"}`
      assert.strictEqual(`${(yield* understood(page, "https://ghe.example")).event.pullRequest}`, "acme/api#7")
      assert.match(yield* refusal(page), /is not on https:\/\/github\.com, the GitHub of GITHUB_API_BASE$/)
    }))

  it.effect("may be on GitLab, in subgroups and under a path, if that is configured", () =>
    Effect.gen(function*() {
      const on = (apiBase: string, payload: object) =>
        Effect.flatMap(decode(JSON.stringify(payload)), (given) =>
          given._tag === "FromServer"
            ? Effect.die("not a request")
            : Effect.flatMap(AppConfig, (config) => jobOf(config, given.request))).pipe(
            Effect.provide(layerTest({
              gitlab: Option.some({
                token: Redacted.make("t"),
                webhookSecret: Option.none(),
                signingToken: Option.none(),
                apiBase
              })
            }))
          )
      const page = "https://gitlab.example/base/acme/shop/web/-/merge_requests/7/diffs?w=1"
      for (const apiBase of ["https://gitlab.example/base", "https://gitlab.example/base/api/v4"]) {
        const { event, lane } = yield* on(apiBase, { pull_request: page })
        assert.strictEqual(`${event.pullRequest.platform} ${event.pullRequest}`, "gitlab acme/shop/web#7")
        assert.deepStrictEqual([event.kind, lane.platform], ["note", "gitlab"])
      }
      const elsewhere = yield* Effect.flip(on("https://gitlab.com", { pull_request: page }))
      assert.match(elsewhere.message, /is not on https:\/\/gitlab\.com, the GitLab of GITLAB_API_BASE$/)
      const named = yield* on("https://gitlab.com", { platform: "gitlab", repo: "acme/shop/web", number: 7 })
      assert.strictEqual(named.event.pullRequest.repo, "acme/shop/web")
      const github = yield* Effect.flip(
        on("https://gitlab.com", { platform: "github", repo: "acme/shop", number: 7 })
      )
      assert.match(github.message, /no credentials for github are configured/)
    }))

  it.effect("is refused in one line that says what is wrong", () =>
    Effect.gen(function*() {
      const cases: ReadonlyArray<readonly [unknown, RegExp]> = [
        [{ pull_request: "acme/api#7" }, /is no URL: write it as https:\/\/github\.com\/owner\/name\/pull\/7/],
        [{ pull_request: "https://github.com/acme/api/issues/7" }, /is no pull request's page/],
        [
          { pull_request: "https://github.com/acme/api/pull/7", promt: "x" },
          /valid: promt: no field of a payload: did you mean prompt\?$/
        ],
        [{ platform: "github", repo: "acme", number: 7 }, /a repository's name: owner\/name/],
        [{ platform: "github", repo: "acme/api" }, /number/],
        [{ platform: "gitlab", repo: "acme/api", number: 7 }, /no credentials for gitlab are configured/],
        [{ event: event({ pr_number: undefined }) }, /pr_number/],
        [{ event: event({ pr_branch: undefined }) }, /^the job payload is not valid: event\.pr_branch: missing$/],
        [{ event: event({ is_comment_event: undefined }) }, /event\.is_comment_event has to be true or false$/],
        [{ event: event({ is_comment_event: true }) }, /event_type/],
        [{ event: event(), extra_env: { A: "b" } }, /extra_env/],
        [{ event: event({ surprise: 1 }) }, /valid: event\.surprise: no field of a payload$/],
        [
          { event: event({ pr_nummer: 1 }) },
          /valid: event\.pr_nummer: no field [^;]*: did you mean event\.pr_number\?$/
        ],
        [{ version: 99 }, /it has version 99, and this program reads 1 and 2/],
        [{ number: 7 }, /it names no pull request: docs\/run-job\.md shows its forms/],
        [[], /it names no pull request/]
      ]
      for (const [payload, pattern] of cases) {
        const message = yield* refusal(JSON.stringify(payload))
        assert.match(message, pattern)
        assert.notInclude(message, "\n")
      }
    }))
})

describe("a server's payload", () => {
  it.effect.prop("is read as it was written", [JobPayload], ([payload]) =>
    Effect.gen(function*() {
      const given = yield* decode(yield* Schema.encodeEffect(JobPayloadJson)(payload))
      assert.strictEqual(given._tag === "FromServer" && given.payload.job.id, payload.job.id)
    }), { arbitrary: { runs: 30 } })

  it.effect.prop(
    "may have a field of a newer version where a server leaves it, and none where a person gives it",
    [JobPayload, Schema.Literals([1, 2])],
    ([payload, version]) =>
      Effect.gen(function*() {
        // The first version had no token.
        const { run: _run, token: _token, ...plain } = JSON.parse(yield* Schema.encodeEffect(JobPayloadJson)(payload))
        const newer = { ...plain, version, jobs: 1, job: { ...plain.job, prompts: [] } }
        const awaited = JSON.stringify({ ...newer, [version === 1 ? "attempt" : "run"]: 3 })
        const read = yield* decode(awaited, true)
        assert.deepStrictEqual(read._tag === "FromServer" && [read.payload.job.id, read.payload.run], [
          payload.job.id,
          3
        ])
        const refusals = [
          yield* Effect.flip(decode(awaited)),
          yield* Effect.flip(decode(JSON.stringify(newer))),
          yield* Effect.flip(decode(JSON.stringify(newer), true))
        ]
        for (const { message } of refusals) {
          assert.strictEqual(
            message,
            "the job payload is not valid: jobs: no field of a payload: did you mean job?; " +
              "job.prompts: no field of a payload: did you mean job.prompt?"
          )
        }
      }),
    { arbitrary: { runs: 10 } }
  )
})
