import { assert, describe, it } from "@effect/vitest"
import type { GitHubSettings, GitLabSettings } from "@nominal-code/config/AppConfig"
import { Exchange } from "@nominal-code/forge/Exchange"
import * as Forges from "@nominal-code/forge/Forges"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import { testConfig } from "@nominal-code/testing/TestConfig"
import { Effect, Fiber, Option, Redacted } from "effect"
import { TestClock } from "effect/testing"
import { generateKeyPairSync } from "node:crypto"
import { forgeFindings, type ForgeSettings } from "../src/doctor/ForgeFindings.ts"

/** Status of an answer that does not come. */
const away = 0

type Answers = Readonly<Record<string, { readonly status?: number; readonly body: unknown }>>

const [githubApi, gitlabUrl] = ["https://github.example", "https://gitlab.example"]
const github: GitHubSettings = {
  apiBase: githubApi,
  cloneBase: githubApi,
  credentials: { _tag: "Token", token: Redacted.make("ghp") },
  webhookSecret: Option.none()
}
const gitlab: GitLabSettings = {
  apiBase: gitlabUrl,
  token: Redacted.make("glpat"),
  webhookSecret: Option.none(),
  signingToken: Option.none()
}

/** A GitHub at which everything is as it should be. */
const soundGitHub: Answers = {
  [`${githubApi}/user`]: { body: { login: "nominalbot" } },
  [`${githubApi}/rate_limit`]: { body: {} },
  [`${githubApi}/repos/acme/shop/commits`]: { body: [] },
  [`${githubApi}/repos/acme/shop`]: { body: { archived: false, private: true, permissions: { push: true } } },
  [`${githubApi}/repos/acme/shop/hooks`]: { status: 404, body: {} }
}

/** A GitLab at which everything is as it should be. */
const soundGitLab: Answers = {
  [`${gitlabUrl}/api/v4/user`]: { body: { id: 1, username: "nominalbot" } },
  [`${gitlabUrl}/api/v4/personal_access_tokens/self`]: { body: { scopes: ["api"] } },
  [`${gitlabUrl}/api/v4/projects/acme%2Fshop/repository/commits`]: { body: [] },
  [`${gitlabUrl}/api/v4/projects/acme%2Fshop`]: { body: { permissions: { project_access: { access_level: 40 } } } },
  [`${gitlabUrl}/api/v4/projects/acme%2Fshop/hooks`]: { body: [] }
}

const config = testConfig({ github: Option.some(github) })

const settingsOf = (allowedRepos: ReadonlyArray<string>, more: Partial<ForgeSettings> = {}): ForgeSettings => ({
  ...config,
  policy: { ...config.policy, allowedRepos },
  ...more
})

/** Findings about forges that answer so, and the addresses that were asked for. Anything else is not there. */
const found = Effect.fnUntraced(function*(settings: ForgeSettings, answers: Answers, repositories = 10) {
  const asked: Array<string> = []
  const exchange = (address: string) => {
    const url = address.replace(/\?.*/, "")
    asked.push(url)
    const { body, status = 200 } = answers[url] ?? { status: 404, body: { message: "Not Found" } }
    return status === away
      ? Promise.reject(new Error("ECONNREFUSED"))
      : Promise.resolve(Response.json(body, { status }))
  }
  const forges = Forges.layer([
    ...Option.toArray(Option.map(settings.github, GitHub.layer)),
    ...Option.toArray(Option.map(settings.gitlab, GitLab.layer))
  ])
  const looking = forgeFindings(settings, repositories).pipe(
    Effect.provide(forges),
    Effect.provideService(Exchange, exchange)
  )
  const findings = yield* looking
  return { asked, lines: findings.map(({ area, status, text }) => `${area} ${status}: ${text}`) }
})

const hidden =
  "forge note: GitHub: the credentials may not see the webhooks of acme/shop, and need not: its settings " +
  "show the recent deliveries"

const shown = [
  "forge ok: GitHub shows the contents of acme/shop",
  "forge ok: GitHub: the account may write to acme/shop",
  hidden
]

const known = "forge ok: GitHub knows the token as nominalbot"

describe("doctor asks a forge", () => {
  it.live("for its account and its allowed repositories, as many of them as it is to look at", () =>
    Effect.gen(function*() {
      const settings = settingsOf(["acme/shop", "acme/gone"])
      const one = yield* found(settings, soundGitHub, 1)
      assert.deepStrictEqual(one.lines, [known, ...shown])
      assert.isFalse(one.asked.some((url) => url.includes("acme/gone")))
      const gone = "forge problem: GitHub, acme/gone: not there, or not visible to the token: Not Found " +
        "(GitHub.checkAccess acme/gone)"
      assert.deepStrictEqual((yield* found(settings, soundGitHub, 2)).lines, [known, ...shown, gone])
      assert.deepStrictEqual((yield* found(settingsOf(["acme/*", "no repository"]), soundGitHub)).lines, [known])
    }))

  it.live("and finds an allowed repository on one of two, without a word about the other", () =>
    Effect.gen(function*() {
      const both = settingsOf(["acme/shop"], { gitlab: Option.some(gitlab) })
      const accounts = [
        known,
        "forge ok: GitLab knows the token as nominalbot",
        "forge ok: GitLab: the token has the scope api"
      ]
      const { [`${githubApi}/repos/acme/shop/commits`]: _commits, ...elsewhere } = soundGitHub
      assert.deepStrictEqual((yield* found(both, { ...elsewhere, ...soundGitLab })).lines, [
        ...accounts,
        "forge ok: GitLab shows the contents of acme/shop",
        "forge ok: GitLab: the account has the role Developer or a higher one in acme/shop",
        "forge warning: GitLab: acme/shop has no webhook whose address ends with /webhooks/gitlab: add it, unless its " +
        "group has one (docs/gitlab.md)"
      ])
      const gone = settingsOf(["acme/gone"], { gitlab: Option.some(gitlab) })
      const { lines } = yield* found(gone, { ...soundGitHub, ...soundGitLab })
      assert.deepStrictEqual(lines.map((line) => line.replace(/ to the token: .*/, "")), [
        ...accounts,
        "forge problem: GitHub, acme/gone: not there, or not visible",
        "forge problem: GitLab, acme/gone: not there, or not visible"
      ])
    }))

  it.live.each<readonly [string, string]>([
    ["nominalbot", "nominalbot"],
    ["NominalBot", "nominalbot"],
    ["nominalbot[bot]", "nominalbot"]
  ])("and knows %s by the name %s", ([login, botUsername]) =>
    Effect.gen(function*() {
      const { lines } = yield* found(
        settingsOf(["acme/shop"], { policy: { allowedRepos: ["acme/shop"], botUsername } }),
        {
          ...soundGitHub,
          [`${githubApi}/user`]: { body: { login } }
        }
      )
      assert.deepStrictEqual(lines, [`forge ok: GitHub knows the token as ${login}`, ...shown])
    }))

  it.live("and warns of an account that has another name than the one that people mention", () =>
    Effect.gen(function*() {
      const other = { ...soundGitHub, [`${githubApi}/user`]: { body: { login: "alice" } } }
      assert.deepStrictEqual((yield* found(settingsOf(["acme/shop"]), other)).lines, [
        "forge warning: GitHub knows the token as alice, and reviewer.bot_username (REVIEWER_BOT_USERNAME) is nominalbot: " +
        "people mention @nominalbot, and the answer comes from alice",
        ...shown
      ])
    }))

  it.live("and tells of a refused token once, with what its scopes are only where it is taken", () =>
    Effect.gen(function*() {
      const refused = { status: 401, body: { message: "Bad credentials" } }
      const { lines } = yield* found(settingsOf(["acme/shop"]), { ...soundGitHub, [`${githubApi}/user`]: refused })
      assert.match(lines[0] ?? "", /^forge problem: GitHub: .*token/)
      assert.notInclude(lines[0], "api_base", "it did answer")
      assert.deepStrictEqual(lines.slice(1), shown)
    }))

  it.effect("and says how to reach one that does not answer", () =>
    Effect.gen(function*() {
      const silent = { status: away, body: {} }
      const settings = settingsOf([], { gitlab: Option.some(gitlab), github: Option.none() })
      const looking = yield* Effect.forkChild(found(settings, { [`${gitlabUrl}/api/v4/user`]: silent }))
      for (let second = 0; second < 11; second++) yield* TestClock.adjust("1 second")
      const [line] = (yield* Fiber.join(looking)).lines
      assert.match(
        line ?? "",
        /^forge problem: GitLab.*: see if this machine reaches gitlab\.api_base \(GITLAB_API_BASE\), through HTTPS_PROXY /
      )
    }))
})

describe("a server without allowed repositories", () => {
  const missed = "forge note: the server looks for missed events in no repository: name repositories in " +
    "access.allowed_repos (ALLOWED_REPOS)"
  const lastOf = (settings: ForgeSettings) =>
    Effect.map(found(settings, { ...soundGitHub, ...soundGitLab }), ({ lines }) => lines.at(-1) ?? "")

  it.live("looks for missed events nowhere, but as an App in the repositories of its installations", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* lastOf(settingsOf([])), `${missed}, or review as a GitHub App`)
      const alone = { github: Option.none(), gitlab: Option.some(gitlab) }
      assert.strictEqual(yield* lastOf(settingsOf([], alone)), missed)
      const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
      const key = String(privateKey.export({ type: "pkcs8", format: "pem" }))
      const app: GitHubSettings = {
        ...github,
        credentials: { _tag: "App", appId: "1", privateKey: Redacted.make(key), installationId: Option.none() }
      }
      assert.notInclude(yield* lastOf(settingsOf([], { github: Option.some(app) })), "missed events")
    }))
})
