import { NodeServices } from "@effect/platform-node"
import { assert, it, layer } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/Job"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import * as SqliteQueue from "@nominal-code/jobs/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { GitLabEvent, Hook } from "@nominal-code/testing/GitLabDeliveries"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import type { OpenRequest } from "@nominal-code/testing/GitLabScenario"
import { type MergeRequest, refsOf } from "@nominal-code/testing/GitLabState"
import { storeIn } from "@nominal-code/testing/QueueSteps"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Context, Effect, FileSystem, Layer, Option } from "effect"
import { leaksIn, leaksUnder, type Secrets } from "./Canaries.ts"
import { bot, eventually, people, until } from "./Journey.ts"
import { change, files, finding } from "./Shop.ts"

const { submitReview, turns } = ScriptedModel

/** A real `serve` over an emulated GitLab. */
const make = Effect.fnUntraced(function*(env: Readonly<Record<string, string>>) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-gitlab-" })
  const gitlab = yield* GitLabEmulator.make()
  const model = yield* ScriptedModel.make
  const account = gitlab.account(bot)
  const secrets: Secrets = {
    token: account.token,
    webhookSecret: "a secret token of GitLab's webhook",
    apiKey: "sk-ant-api03-a-key-of-this-journey-only"
  }
  const dataDir = `${directory}/data`
  const queue = storeIn(yield* Layer.build(SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(dataDir)))))
  const serve = yield* ServeProcess.start({
    env: {
      ...ScriptedModel.variables(model.url, "anthropic", secrets.apiKey),
      ALLOWED_USERS: people.join(","),
      GITLAB_API_BASE: gitlab.origin,
      GITLAB_TOKEN: secrets.token,
      GITLAB_WEBHOOK_SECRET: secrets.webhookSecret,
      NOMINAL_DATA_DIR: dataDir,
      REVIEWER_BOT_USERNAME: bot,
      REVIEWER_TRIGGERS: "pr_opened,pr_push,pr_ready_for_review",
      WORKSPACE_BASE_DIR: `${directory}/workspace`,
      ...env
    },
    patience: "60 seconds"
  })
  const deliver = (event: GitLabEvent, hook: Partial<Hook> = {}) =>
    gitlab.deliver(event, { url: `${serve.url}/webhooks/gitlab`, token: secrets.webhookSecret, ...hook })

  /** Delivers what has to be accepted, and waits until its job has ended. */
  const run = Effect.fnUntraced(function*(event: GitLabEvent, hook: Partial<Hook> = {}) {
    const { body, status } = yield* deliver(event, hook)
    assert.strictEqual(status, 202, body)
    const job = JobId.make(JSON.parse(body).job)
    const isOver = ({ state }: JobRecord) => state !== "waiting" && state !== "running"
    const record = yield* eventually(`the end of job ${job}`, Effect.map(queue.find(job), Option.filter(isOver)))
    assert.strictEqual(record.state, "done", serve.log.slice(-10).join("\n"))
    return record
  })

  /** A merge request of a project of its own in a subgroup. It changes line 3 of `src/total.ts`. */
  const open = Effect.fnUntraced(function*(name: string, asked: Partial<OpenRequest> = {}) {
    const project = yield* gitlab.addProject(`acme/backend/${name}`, [{ message: "Open the shop", files }])
    project.members.set(account, 30)
    return yield* gitlab.openRequest({
      project,
      commits: [change("total", "return Math.round(items.sum())", "Round the total")],
      ...asked
    })
  })

  const nameOf = ({ iid, project }: MergeRequest) => `${project.path}#${iid}`

  return {
    gitlab,
    serve,
    deliver,
    run,
    open,
    script: (request: MergeRequest, script: ScriptedModel.Script): void =>
      model.script((asked) => asked.pull === nameOf(request) ? script(asked) : undefined),
    turns: (request: MergeRequest) => model.turns.filter(({ request: asked }) => asked.pull === nameOf(request)),
    /** All that the bot has written on a merge request, in its order. */
    written: (request: MergeRequest) =>
      gitlab.state.notes.filter(({ author, discussion }) => author === account && discussion.request === request),
    /** Fails where GitLab or the provider would have refused anything, or a secret is where it should not be. */
    checkHonesty: Effect.sync(() => {
      assert.deepStrictEqual(gitlab.violations, [])
      assert.deepStrictEqual(gitlab.state.drafts, [])
      assert.deepStrictEqual(gitlab.state.quickActions.filter(({ author }) => author === account), [])
      assert.deepStrictEqual([...model.violations, ...model.unanswered], [])
      assert.deepStrictEqual([
        ...leaksIn(secrets, "the log", serve.log.join("\n")),
        ...gitlab.requests.flatMap(({ body, path }) => leaksIn(secrets, path, JSON.stringify([path, body]))),
        ...leaksUnder(secrets, directory)
      ], [])
    })
  }
}, Effect.provide(NodeServices.layer))

class World extends Context.Service<World, Effect.Success<ReturnType<typeof make>>>()("nominal-code/test/GitLab") {}

const opened = { event: "merge_request", action: "open" } as const

layer(Layer.effect(World, make({})), { excludeTestServices: true, timeout: "2 minutes" })("a merge request", (it) => {
  it.effect("is reviewed once with a discussion on its line and a summary, and again after a push", () =>
    Effect.gen(function*() {
      const { checkHonesty, deliver, gitlab, open, run, script, written } = yield* World
      const request = yield* open("pushed")
      const cents = finding("src/total.ts", "Rounding the total here loses cents of every order.\n/close")
      script(request, turns({ calls: [submitReview("One problem.\n\n/approve", [cents])] }))
      const job = yield* run({ ...opened, request }, { delivery: "delivery-1" })

      const retried = yield* deliver({ ...opened, request }, { delivery: "delivery-1" })
      assert.deepStrictEqual([retried.status, JSON.parse(retried.body)], [200, { status: "duplicate", job: job.id }])
      const notes = written(request)
      const [inline, ...others] = notes.filter(({ discussion }) => discussion.position !== undefined)
      assert.deepStrictEqual(others, [])
      assert.deepInclude(inline?.discussion.position, {
        head_sha: refsOf(request).head,
        new_path: "src/total.ts",
        old_path: "src/total.ts",
        new_line: 3
      })
      assert.include(inline?.body ?? "", "loses cents")
      const [summary, ...more] = notes.filter(({ discussion }) => discussion.position === undefined)
      assert.deepStrictEqual(more, [])
      assert.include(summary?.body ?? "", "One problem.")
      assert.include(summary?.body ?? "", `<!-- nominal-code job=${job.id} sha=${refsOf(request).head} -->`)
      yield* until(
        "the reaction",
        () => gitlab.state.awards.some(({ author, name }) => author.username === bot && name === "eyes")
      )

      const oldrev = yield* gitlab.push(request, [change("tax", "return 0")])
      const zero = finding("src/tax.ts", "Nobody pays any tax with this constant in place.")
      script(request, turns({ calls: [submitReview("One more.", [cents, zero])] }))
      yield* run({ event: "merge_request", action: "update", request, oldrev })
      const places = written(request).flatMap(({ discussion: { position } }) => position?.new_path ?? [])
      assert.deepStrictEqual(places, ["src/total.ts", "src/tax.ts"])
      yield* checkHonesty
    }))

  it.effect("is answered where it was asked, and a note that was edited asks nothing", () =>
    Effect.gen(function*() {
      const { checkHonesty, deliver, gitlab, open, run, script, written } = yield* World
      const request = yield* open("mentioned")
      script(request, turns({ calls: [submitReview("Since nobody pays half a cent.", [])] }))
      const { base, head, start } = refsOf(request)
      const note = yield* gitlab.discuss(request, "mara", `@${bot} why is it rounded?`, {
        position_type: "text",
        base_sha: base,
        start_sha: start,
        head_sha: head,
        old_path: "src/total.ts",
        new_path: "src/total.ts",
        new_line: 3
      })
      yield* run({ event: "note", action: "create", note })
      const [answer, ...more] = written(request)
      assert.deepStrictEqual(more, [])
      assert.isDefined(answer)
      assert.strictEqual(answer.discussion, note.discussion)
      assert.include(answer.body, "Since nobody pays half a cent.")

      const edited = yield* deliver({ event: "note", action: "update", note })
      assert.deepStrictEqual([edited.status, JSON.parse(edited.body).status], [200, "ignored"])
      const own = yield* deliver({ event: "note", action: "create", note: answer })
      assert.deepStrictEqual([own.status, JSON.parse(own.body).status], [200, "ignored"])
      yield* checkHonesty
    }))

  it.effect("from a fork is reviewed as the fork has it", () =>
    Effect.gen(function*() {
      const { checkHonesty, open, run, script, turns: turnsOf, written } = yield* World
      const request = yield* open("forked", { fork: "mallory", sourceBranch: "main", author: "mallory" })
      script(
        request,
        turns({ calls: [{ name: "Read", input: { file_path: "src/total.ts" } }] }, {
          calls: [submitReview("See.", [finding("src/total.ts", "The fork rounds the total.")])]
        })
      )
      yield* run({ ...opened, request })
      assert.include(turnsOf(request).at(-1)?.request.toolResults[0] ?? "", "Math.round(items.sum())")
      assert.isTrue(written(request).some(({ discussion }) => discussion.position?.new_line === 3))
      yield* checkHonesty
    }))

  it.effect("that is a draft is reviewed when it is ready, once, whatever number of hooks tells of it", () =>
    Effect.gen(function*() {
      const { checkHonesty, deliver, open, run, script, turns: turnsOf, written } = yield* World
      const request = yield* open("drafted", { draft: true })
      const refused = yield* deliver({ ...opened, request })
      assert.deepStrictEqual([refused.status, JSON.parse(refused.body).status], [200, "ignored"])
      request.draft = false
      script(request, turns({ calls: [submitReview("Ready indeed.", [])] }))
      const ready = {
        event: "merge_request",
        action: "update",
        request,
        changes: { draft: { previous: true, current: false } }
      } as const
      const job = yield* run(ready)
      const again = yield* deliver(ready)
      assert.deepStrictEqual([again.status, JSON.parse(again.body)], [200, { status: "duplicate", job: job.id }])
      assert.strictEqual(turnsOf(request).length, 1)
      assert.strictEqual(written(request).length, 1)
      yield* checkHonesty
    }))

  it.effect("is not touched by a delivery with another secret token", () =>
    Effect.gen(function*() {
      const { deliver, open, written } = yield* World
      const request = yield* open("strange")
      const { status } = yield* deliver({ ...opened, request }, { token: "another secret token" })
      assert.strictEqual(status, 401)
      assert.deepStrictEqual(written(request), [])
    }))
})

it.live("a hook with a signing token is served, and one that does not sign is refused", () =>
  Effect.gen(function*() {
    const signingToken = `whsec_${Buffer.from("a key of thirty-two bytes or so.").toString("base64")}`
    const { checkHonesty, deliver, open, run, script, written } = yield* make({ GITLAB_SIGNING_TOKEN: signingToken })
    const request = yield* open("signed")
    script(request, turns({ calls: [submitReview("Signed.", [])] }))
    assert.strictEqual((yield* deliver({ ...opened, request })).status, 401)
    yield* run({ ...opened, request }, { signingToken })
    assert.strictEqual(written(request).length, 1)
    yield* checkHonesty
  }).pipe(Effect.scoped))
