/**
 * Services of somebody else, each written against the packed library alone. It is compiled there and never runs: what
 * cannot be named, or made, outside of this repository does not compile.
 */
import { Duration, Effect, Layer, Option, Result, Schema, Stream } from "effect"
import {
  AgentRunner,
  Block,
  type CallCosts,
  type Conversation,
  ConversationStore,
  type Delivery,
  Forge,
  ForgeError,
  type ForgeWebhooks,
  type Job,
  JobId,
  JobOutcome,
  JobQueue,
  JobRecords,
  JobRequestResult,
  JobResults,
  JobRunner,
  type JobState,
  KubeClient,
  KubeError,
  type KubeJob,
  type KubePod,
  type Lane,
  laneKey,
  type Lease,
  type ListerWatcher,
  LlmError,
  LlmProvider,
  LlmProviders,
  type LlmRequest,
  type LlmResponse,
  makeTool,
  type Notice,
  NoticeOutcome,
  OfferResult,
  type OwnPosts,
  PayloadStore,
  PostedReview,
  QueueAdmin,
  type ReadyLane,
  type RenewalResult,
  ServiceName,
  type SettledLease,
  type Settlement,
  Spend,
  type SpendGrant,
  type SpendRequest,
  StoreError,
  type Tool,
  ToolError,
  Unavailable,
  Usage,
  WebhookError,
  Webhooks,
  Workspace,
  WorkspaceError
} from "nominal-code"

const unavailable = new ForgeError({
  operation: "Mine.read",
  reason: new Unavailable({ message: "it is away" })
})
const posts: OwnPosts = {
  review: Option.none(),
  answer: Option.none(),
  reviewedHeads: [],
  summary: Option.none(),
  mode: "active"
}

export const forge = Layer.succeed(Forge, {
  platform: "github",
  acknowledge: () => Effect.void,
  pullRequest: () => Effect.fail(unavailable),
  changedFiles: () => Effect.succeed([]),
  look: () => Effect.fail(unavailable),
  linkedIssues: () => Effect.succeed([]),
  failedChecks: () => Effect.succeed([]),
  ownPosts: () => Effect.succeed(posts),
  publish: ({ comments, headSha }) =>
    Effect.succeed(new PostedReview({ headSha, inline: comments.length, folded: 0, alreadyPosted: false })),
  reply: () => Effect.succeedNone,
  resolveThread: () => Effect.void,
  settle: () => Effect.succeed(false),
  check: () => Effect.void,
  cloneSource: () => Effect.fail(unavailable),
  checkAccess: () => Effect.void,
  file: () => Effect.succeedNone,
  relation: () => Effect.succeed({ _tag: "Associated" }),
  headRef: ({ number }) => `refs/pull/${number}/head`
})

const parsed: Delivery = { id: "1", event: Option.none(), ignored: "not mine" }
const webhooks: ForgeWebhooks = {
  platform: "github",
  verifyHeaders: () => Result.void,
  verify: () => Result.fail(new WebhookError({ reason: "invalid-signature", message: "not signed" })),
  parse: () => Result.succeed(parsed)
}
export const ownWebhooks = Layer.succeed(Webhooks, [webhooks])

const answer = ({ maxOutputTokens, model }: LlmRequest): LlmResponse => ({
  content: [Block.cases.Text.make({ text: `${model} may write ${maxOutputTokens} tokens` })],
  stop: "end",
  usage: Usage.none
})
const provider = LlmProvider.of({ name: "mine", send: (request) => Effect.succeed(answer(request)) })
export const model = Layer.succeed(LlmProviders, {
  names: ["mine"],
  of: (name) =>
    name === "mine"
      ? Effect.succeed(provider)
      : Effect.fail(
        new LlmError({ provider: name, reason: "no-model", message: "there is no such service", billed: "no" })
      )
})

export const agent = Layer.succeed(AgentRunner, {
  run: () => Effect.fail(new LlmError({ provider: "mine", reason: "overloaded", message: "later", billed: "no" }))
})

export const tool: Tool = makeTool({
  name: "Owner",
  description: "Who owns a file",
  input: Schema.Struct({ path: Schema.String }),
  run: ({ path }) => path === "" ? Effect.fail(new ToolError({ message: "no path" })) : Effect.succeed("alice")
})

export const workspace = Layer.succeed(Workspace, {
  checkout: () => Effect.fail(new WorkspaceError({ reason: "missing", message: "there is no commit" }))
})

const full = new StoreError({ operation: "Mine.write", reason: "full", message: "make room" })

const conversations = new Map<string, Conversation>()
export const store = Layer.succeed(ConversationStore, {
  load: (lane) => Effect.sync(() => Option.fromUndefinedOr(conversations.get(laneKey(lane)))),
  save: (lane, conversation) => Effect.sync(() => conversations.set(laneKey(lane), conversation))
})

const costs: CallCosts = { spent: 0, lost: 0, calls: 0, unpriced: 0, usage: Usage.none }
const grant = ({ ranges: [first = { least: 0, most: 0 }] }: SpendRequest): SpendGrant => ({
  _tag: "Granted",
  range: 0,
  amount: first.most,
  day: costs.calls
})
export const spend = Layer.succeed(Spend, {
  reserve: (request) => Effect.succeed(grant(request)),
  settle: () => Effect.void,
  exhausted: () => Effect.succeedNone,
  release: () => Effect.void,
  claimNotice: () => Effect.succeed(true),
  costs: () => Effect.succeed([])
})

const leaseOf = (lane: Lane, job: Job): Lease => ({
  lane,
  job,
  task: { _tag: "Review" },
  epoch: 1,
  attempt: 1,
  run: 1,
  losses: 0,
  stop: Option.none(),
  age: Duration.zero,
  isForged: false
})
const jobs = new Map<string, Job>()
const ready: ReadonlyArray<ReadyLane> = []
const settled = (settlement: Settlement): SettledLease => ({
  settled: settlement._tag !== "Release",
  next: Option.none()
})
const kept: RenewalResult = "kept"

export const queue = Layer.mergeAll(
  Layer.succeed(JobQueue, {
    offer: (job) => Effect.sync(() => OfferResult.cases.Accepted.make({ jobId: jobs.set(job.id, job) && job.id })),
    offerAll: (all) => Effect.succeed(all.map(() => Result.fail(full))),
    take: (lane) =>
      Effect.sync(() => Option.map(Option.fromUndefinedOr([...jobs.values()][0]), (job) => leaseOf(lane, job))),
    renew: () => Effect.succeed(kept),
    settle: ({ job }) => Effect.sync(() => jobs.delete(job.id)),
    settleAndTake: (_lease, settlement) => Effect.succeed(settled(settlement)),
    ready: Stream.fromIterable(ready)
  }),
  Layer.succeed(JobRecords, {
    find: () => Effect.succeedNone,
    list: ({ state = "done" }: { readonly state?: JobState }) =>
      state === "done" ? Effect.fail(full) : Effect.succeed([]),
    oldestWaiting: () => Effect.succeed([]),
    depth: Effect.succeed({ waiting: jobs.size, running: 0, parked: 0, oldestWaitMillis: 0 }),
    jobOfDelivery: (_platform, delivery) => Effect.succeedSome(JobId.make(delivery)),
    knowsHead: () => Effect.succeed(false),
    hasJob: () => Effect.succeed(false)
  }),
  Layer.succeed(QueueAdmin, {
    retry: () => Effect.succeed(JobRequestResult.cases.Refused.make({ reason: "it is done" })),
    cancel: () => Effect.succeed(JobRequestResult.cases.Unknown.make({})),
    check: Effect.fail(full),
    claimKeys: Effect.succeed(0)
  })
)

export const runner = Layer.succeed(JobRunner, {
  run: () => Effect.succeed(JobOutcome.cases.Skipped.make({ reason: "closed", detail: "it is closed" })),
  cancel: () => Effect.void,
  postNotice: (_job, notice: Notice) => Effect.as(Effect.logInfo(notice._tag), NoticeOutcome.cases.Told.make({})),
  needs: () => [ServiceName.make("mine")],
  outOfProcess: false
})

export const results = Layer.merge(
  Layer.succeed(JobResults, {
    report: () => Effect.void,
    listen: () => Effect.succeed(Effect.never),
    tellWait: () => Effect.void,
    waits: () => Effect.succeed(Stream.empty),
    isWanted: () => Effect.succeed(true)
  }),
  Layer.succeed(PayloadStore, { put: () => Effect.fail(full), get: () => Effect.succeedNone })
)

const away = new KubeError({
  operation: "Mine.create",
  reason: "unreachable",
  detail: "no answer"
})
const watchable = <A>(): ListerWatcher<A> => ({
  list: () => Effect.succeed({ items: [], version: "1" }),
  watch: () => Stream.fail(away)
})
export const cluster = Layer.succeed(KubeClient, {
  createJob: () => Effect.fail(away),
  findJob: () => Effect.succeedNone,
  deleteJob: () => Effect.void,
  endingFor: () => Effect.succeedNone,
  warningsOf: () => Effect.succeed([]),
  jobs: watchable<KubeJob>(),
  pods: watchable<KubePod>()
})
