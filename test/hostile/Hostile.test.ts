import { it } from "@effect/vitest"
import { Login, PullNumber, RepoName } from "@nominal-code/domain/event/PullRequest"
import { Lane, laneKey, Namespace } from "@nominal-code/domain/job/Lane"
import { signatureOf } from "@nominal-code/testing/GitHubDeliveries"
import { listenScoped } from "@nominal-code/testing/GitHubServer"
import type { PullRequest, Repository } from "@nominal-code/testing/GitHubState"
import { redisSuite, start } from "@nominal-code/testing/RedisServer"
import { breaches } from "@nominal-code/testing/Renderer"
import { type Script, submitReview } from "@nominal-code/testing/ScriptedModel"
import { Effect, Redacted } from "effect"
import { existsSync } from "node:fs"
import { leaksIn, leaksUnder } from "../journeys/Canaries.ts"
import * as Journey from "../journeys/Journey.ts"
import { change, files, finding } from "../journeys/Shop.ts"
import { escapes, forgedSignatures, hijacked, hostileFiles, mark, orders, planted } from "./Attacks.ts"
import { type Breaches, told, tryAll, wrong } from "./Rows.ts"

const opened = { event: "pull_request", action: "opened" } as const

const redisPassword = "a-password-of-redis-that-nobody-may-see"

/** A world with a server over a Redis of its own, and a canary that no request may reach. */
const makeWorld = Effect.gen(function*() {
  const redis = yield* start({ password: redisPassword })
  const canary = yield* listenScoped
  const lured: Array<string> = []
  canary.server.on("request", ({ url = "" }, response) => {
    lured.push(url)
    response.end("{}")
  })
  const journey = yield* Journey.make({
    env: { ...planted, REDIS_URL: Redacted.value(redis.url), QUOTAS_AUTHOR_PER_DAY: "2" }
  })
  const serve = yield* journey.start()
  return { redis, canary, lured, journey, serve }
})
type World = Effect.Success<typeof makeWorld>

const heard: { prompt: string; results: ReadonlyArray<string> } = { prompt: "", results: [] }

/** Does as an attacker would who speaks through the model: tries every tool, then posts all that it can. */
const compromised = ({ journey: { directory, secrets } }: World): Script => ({ prompt, system, toolResults, turn }) => {
  if (turn === 0) {
    heard.prompt = `${system}\n${prompt}`
    return { calls: escapes(directory).slice(0, 32) }
  }
  heard.results = [...heard.results, ...toolResults]
  const evil = hijacked({ ...secrets, ...planted })
  return {
    calls: [submitReview(evil, [
      finding("src/total.ts", evil, { suggestion: `return "${secrets.token}"` }),
      finding(`src/${secrets.apiKey}.ts`, `Second. ${evil}`, { suggestion: evil }),
      finding("../../etc/passwd", `Third. ${evil}`)
    ])]
  }
}

/** The texts of the bot without the markers that it puts at their ends. */
const written = ({ journey }: World, pull: PullRequest) =>
  journey.written(pull).map((text) =>
    text.replaceAll(/<!-- nominal-code[^>]*-->\s*(?=(?:<!-- nominal-code[^>]*-->\s*)*$)/g, "")
  )

const post = ({ serve }: World, body: string, headers: Readonly<Record<string, string>>) =>
  Effect.promise(() =>
    fetch(serve.webhook, {
      method: "POST",
      body,
      headers: {
        "content-type": "application/json",
        "x-github-event": "pull_request",
        "x-github-delivery": "d",
        ...headers
      }
    }).then(({ status }) => status)
  )

const attempts = (world: World, attacked: PullRequest, other: PullRequest) => {
  const { canary, journey, lured, redis, serve } = world
  const { directory, emulator, secrets } = journey
  const payload = JSON.stringify(emulator.payload({ ...opened, pull: attacked }))
  const statusOf = (author: string, body: string) =>
    Effect.gen(function*() {
      const comment = yield* emulator.comment(attacked, author, body)
      return (yield* journey.deliver({ event: "issue_comment", action: "created", comment }, serve)).status
    })
  const texts = () => written(world, attacked)
  const own = new RegExp(
    `^/(?:api/v3/repos/acme/attacked/(?:(?:pulls|issues)/${attacked.number}(?:/|$)|statuses/)|api/graphql)`
  )
  const rows: Readonly<Record<string, Effect.Effect<Breaches, unknown>>> = {
    "T1 forged deliveries": Effect.map(
      Effect.forEach(forgedSignatures(signatureOf, payload), (headers) => post(world, payload, headers)),
      (statuses) => wrong(statuses.some((status) => status !== 401), `answered ${statuses}`)
    ),
    "T1 replayed deliveries": Effect.map(
      Effect.forEach(
        ["one id", "one id", "another id"],
        (id) => journey.deliver({ ...opened, pull: attacked }, serve, id)
      ),
      (answers) => answers.flatMap(({ body, status }) => wrong(status !== 200, body))
    ),
    "T2 a hijacked model": Effect.sync(() =>
      emulator.requests.filter(({ method, path }) =>
        method !== "GET" && path.includes("/acme/attacked/") && !path.includes(".git/") && !own.test(path)
      ).map(({ path }) => path)
    ),
    "T3 reads outside of the checkout": Effect.sync(() => [
      ...wrong(heard.results.length < 32, "the tools were not tried"),
      ...heard.results.filter((text) => /root:[x*]:0:0|GITHUB_TOKEN|\[core\]|SQLite format/.test(text))
    ]),
    "T4, T6 programs of a repository": Effect.sync(() => wrong(existsSync(`${directory}/${mark}`), "one has run")),
    "T5 instructions of the head": Effect.sync(() =>
      wrong(
        heard.prompt === "" || heard.prompt.replaceAll(/<untrusted-diff>[^]*?<\/untrusted-diff>/g, "").includes(orders),
        "they are in the prompt"
      )
    ),
    "T7, T8, T9, T10 what a forge acts on": Effect.sync(() => [
      ...wrong(texts().length < 2, "nothing was posted"),
      ...texts().flatMap((text) => breaches(text.replaceAll(/^(`{3,})suggestion$/gm, "$1"))),
      ...wrong(texts().some((text) => /^`{3,}suggestion$/m.test(text)), "a suggestion with a secret")
    ]),
    "T8 a loop of the bot's own words": Effect.map(
      Effect.forEach(Array.from({ length: 20 }), () => statusOf(Journey.bot, `@${Journey.bot} review`)),
      (statuses) => wrong(statuses.some((status) => status !== 200), `answered ${statuses}`)
    ),
    "T11 other bots": Effect.gen(function*() {
      emulator.account("helper[bot]", "Bot")
      const status = yield* statusOf("helper[bot]", `@${Journey.bot} review`)
      return wrong(status !== 200, `answered ${status}`)
    }),
    "T13 one account's many pull requests": Effect.sync(() => {
      const reviewed = new Set(
        emulator.state.reviews.filter(({ author, pull }) =>
          author.login === Journey.bot && pull.author.login === "mallory"
        ).map(({ pull }) => pull.number)
      )
      return [
        ...wrong(reviewed.size > 2, `${reviewed.size} were reviewed`),
        ...wrong(written(world, other).length === 0, "another account's was not")
      ]
    }),
    "T14 refusals that would switch the hook off": Effect.map(
      Effect.forEach(Array.from({ length: 10 }), () => statusOf("stranger", `@${Journey.bot} review`)),
      (statuses) => wrong(statuses.some((status) => status !== 200), `answered ${statuses}`)
    ),
    "T15 one lane of two pull requests": Effect.sync(() => {
      const parts = ["a", "a/b", "a/b/c", "a-b/c", "a/b-c", "ab/c", "a.b/c", "a/b.c", "a_b/c", "a/b_c"]
      const lanes = ["", "team", "team-a"].flatMap((namespace) =>
        parts.filter((name) => name.includes("/")).flatMap((name) =>
          (["github", "gitlab"] as const).flatMap((platform) =>
            [1, 11, 111].map((number) =>
              new Lane({
                namespace: Namespace.make(namespace),
                platform,
                repo: RepoName.make(name),
                number: PullNumber.make(number),
                bot: Login.make(Journey.bot)
              })
            )
          )
        )
      )
      return wrong(new Set(lanes.map(laneKey)).size !== lanes.length, "two have one key")
    }),
    "T16 code and prompts in the log": Effect.sync(() =>
      serve.log.filter((line) => line.includes("items.sum()") || line.includes(orders))
    ),
    "T17 redirections": Effect.sync(() => [
      ...wrong(!emulator.requests.some(({ status }) => status === 302), "there was none"),
      ...lured
    ]),
    "secrets of 13 formats in 13 spellings": Effect.gen(function*() {
      const dir = String((yield* redis.command("config", "get", "dir")) ?? "").split(",").at(-1) ?? ""
      const all = { ...secrets, ...planted, redisPassword }
      return [
        ...leaksIn(all, "the log", serve.log.join("\n")),
        ...leaksIn(all, "a request to the forge", JSON.stringify(emulator.requests)),
        ...leaksIn(all, "a request to the model", JSON.stringify(journey.model.mock.getRequests().map(told))),
        ...leaksUnder(all, directory),
        ...leaksUnder(all, dir)
      ]
    })
  }
  return { rows, canary }
}

redisSuite("a hostile repository and a hijacked model", () => {
  it.live(
    "try what the threat model lists but for a hijacked pod and the supply chain, and each row holds",
    () =>
      Effect.gen(function*() {
        const world = yield* makeWorld
        const { canary, journey, serve } = world
        const { emulator } = journey
        const begin = [{ message: "Open the shop", files }] as const
        const repository = yield* emulator.addRepository("acme/attacked", begin)
        const elsewhere = yield* emulator.addRepository("acme/elsewhere", begin)
        const propose = (repository: Repository, author: string, more: Readonly<Record<string, string>> = {}) => {
          const own = change("total", "return Math.round(items.sum())")
          return emulator.openPullRequest({
            repository,
            author,
            fork: author,
            commits: [{ ...own, files: { ...own.files, ...more } }]
          })
        }
        const done = (pull: PullRequest) =>
          Journey.until(`a word on pull request ${pull.number}`, () => journey.written(pull).length > 0)
        const attacked = yield* propose(repository, "mallory", hostileFiles(journey.directory))
        journey.script(attacked, compromised(world))
        // A request that is sent elsewhere: the token may not follow.
        emulator.faults.next({ path: /graphql$/ }, {
          _tag: "Answer",
          status: 302,
          headers: { location: `${canary.origin}/stolen` }
        })
        yield* journey.send({ ...opened, pull: attacked }, serve)
        yield* done(attacked)
        const flood = yield* Effect.forEach([1, 2, 3], () => propose(elsewhere, "mallory"), { concurrency: 1 })
        const other = yield* propose(elsewhere, "priya")
        for (const pull of [...flood, other]) {
          journey.script(pull, () => ({ calls: [submitReview("Fine.", [finding("src/total.ts", "Cents are lost.")])] }))
          yield* journey.send({ ...opened, pull }, serve)
        }
        yield* Effect.forEach([...flood, other], done, { discard: true })

        const { rows } = attempts(world, attacked, other)
        yield* tryAll(rows)
        yield* journey.checkHonesty
      })
  )
})
