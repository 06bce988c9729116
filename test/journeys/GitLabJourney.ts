import { NodeServices } from "@effect/platform-node"
import { assert } from "@effect/vitest"
import { JobId } from "@nominal-code/domain/job/Job"
import type { JobRecord } from "@nominal-code/jobs/JobRecords"
import * as SqliteQueue from "@nominal-code/jobs/sqlite/SqliteQueue"
import * as Sqlite from "@nominal-code/persistence/Sqlite"
import type { StoreError } from "@nominal-code/persistence/StoreError"
import type { GitLabEvent, Hook } from "@nominal-code/testing/GitLabDeliveries"
import * as GitLabEmulator from "@nominal-code/testing/GitLabEmulator"
import type { OpenRequest } from "@nominal-code/testing/GitLabScenario"
import type { MergeRequest } from "@nominal-code/testing/GitLabState"
import { type Services as StoreServices, storeIn } from "@nominal-code/testing/QueueSteps"
import * as ScriptedModel from "@nominal-code/testing/ScriptedModel"
import * as ServeProcess from "@nominal-code/testing/ServeProcess"
import { Effect, FileSystem, Layer, Option } from "effect"
import { leaksIn, leaksUnder, type Secrets } from "./Canaries.ts"
import { bot, eventually, people } from "./Journey.ts"
import { change, files } from "./Shop.ts"

/** A queue as another process opens it. */
type Queue = Layer.Layer<StoreServices, StoreError>

/** Emulated GitLab, and the model of a journey. */
interface Services {
  readonly gitlab: GitLabEmulator.GitLabEmulator
  readonly model: Effect.Success<typeof ScriptedModel.make>
}

/**
 * A real `serve` over an emulated GitLab. `store`: its queue, if that is not in its data directory. `before`: things that
 * happen before it starts.
 */
export const make = Effect.fnUntraced(function*(
  env: Readonly<Record<string, string>>,
  store?: Queue,
  before: (services: Services) => Effect.Effect<unknown, unknown> = () => Effect.void
) {
  const fs = yield* FileSystem.FileSystem
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "nominal-gitlab-" })
  const gitlab = yield* GitLabEmulator.make()
  const model = yield* ScriptedModel.make
  const account = gitlab.account(bot)
  yield* before({ gitlab, model })
  const secrets: Secrets = {
    token: account.token,
    webhookSecret: "a secret token of GitLab's webhook",
    apiKey: "sk-ant-api03-a-key-of-this-journey-only"
  }
  const dataDir = `${directory}/data`
  const sqlite = SqliteQueue.layer.pipe(Layer.provide(Sqlite.layer(dataDir)))
  const queue = storeIn(yield* store === undefined ? Layer.build(sqlite) : Layer.build(store))
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

  /** Waits for the end of a job, which has to be done. */
  const done = Effect.fnUntraced(function*(job: JobId) {
    const isOver = ({ state }: JobRecord) => state !== "waiting" && state !== "running"
    const record = yield* eventually(`the end of job ${job}`, Effect.map(queue.find(job), Option.filter(isOver)))
    assert.strictEqual(record.state, "done", serve.log.slice(-10).join("\n"))
    return record
  })

  /** Delivers what has to be accepted; answers with its job. */
  const send = Effect.fnUntraced(function*(event: GitLabEvent, hook: Partial<Hook> = {}) {
    const { body, status } = yield* deliver(event, hook)
    assert.strictEqual(status, 202, body)
    return JobId.make(JSON.parse(body).job)
  })

  /** Delivers what has to be accepted, and waits until its job is done. */
  const run = (event: GitLabEvent, hook?: Partial<Hook>) => Effect.flatMap(send(event, hook), done)

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
    model,
    secrets,
    serve,
    deliver,
    send,
    done,
    run,
    open,
    script: (request: MergeRequest, script: ScriptedModel.Script): void =>
      model.script((asked) => asked.pull === nameOf(request) ? script(asked) : undefined),
    modelRequests: () => model.mock.getRequests(),
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
