import { assert, describe, it } from "@effect/vitest"
import { RepoName } from "@nominal-code/domain/event/PullRequest"
import * as GitHub from "@nominal-code/forge/GitHub"
import * as GitLab from "@nominal-code/forge/GitLab"
import type { SetupFact } from "@nominal-code/forge/Setup"
import { Effect, Option, Redacted } from "effect"
import { generateKeyPairSync } from "node:crypto"
import { createServer } from "node:http"

/** Answers of a forge by method and path; anything else is 404. Bodies: the examples of the forges' API documentation. */
type Answers = Readonly<Record<string, { readonly status?: number; readonly headers?: object; readonly body: unknown }>>

const forge = (answers: Answers) =>
  Effect.acquireRelease(
    Effect.callback<{ readonly url: string; readonly close: () => void }>((resume) => {
      const server = createServer((request, response) => {
        const path = new URL(request.url ?? "/", "http://forge").pathname
        const { body, headers = {}, status = 200 } = answers[`${request.method} ${path}`] ??
          { status: 404, body: { message: "Not Found" } }
        response.writeHead(status, { "content-type": "application/json", ...headers }).end(JSON.stringify(body))
      }).listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = address !== null && typeof address === "object" ? address.port : 0
        resume(Effect.succeed({ url: `http://127.0.0.1:${port}`, close: () => server.close() }))
      })
    }),
    ({ close }) => Effect.sync(close)
  )

const repo = RepoName.make("acme/shop")
const lines = (facts: ReadonlyArray<SetupFact>) => facts.map(({ status, text }) => `${status}: ${text}`)
const hook = { active: true, events: ["*"], config: { url: "https://nominal.example/webhooks/github" } }

/** A token of GitHub, with these scopes, in a repository that answers so. */
const token = Effect.fnUntraced(function*(scopes: string | undefined, hooks: unknown, push = true) {
  const { url } = yield* forge({
    "GET /rate_limit": { headers: scopes === undefined ? {} : { "x-oauth-scopes": scopes }, body: {} },
    "GET /repos/acme/shop": { body: { archived: false, private: true, permissions: { pull: true, push } } },
    ...(hooks === undefined ? {} : { "GET /repos/acme/shop/hooks": { body: hooks } })
  })
  const credentials = { _tag: "Token" as const, token: Redacted.make("t") }
  const setup = yield* GitHub.setup({ apiBase: url, credentials })
  return { credentials: lines(yield* setup.credentials), repository: lines(yield* setup.repository(repo)) }
})

describe("the setup of a token of GitHub", () => {
  it.live("a token with the scope, a role and a webhook that was answered is sound", () =>
    Effect.gen(function*() {
      const sound = yield* token("repo, user", [{ ...hook, last_response: { code: 202, status: "active" } }])
      assert.deepStrictEqual(sound, {
        credentials: ["ok: the token has the scope repo"],
        repository: [
          "ok: the account may write to acme/shop",
          "ok: the webhook of acme/shop to nominal.example works: the last delivery was answered 202"
        ]
      })
    }))

  it.live("says which scope, role, event and webhook are missing, and which delivery failed", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* token("read:org", [])).credentials, [
        "problem: the token lacks the scope repo: no review can be posted"
      ])
      const partial = yield* token("public_repo", [{ ...hook, events: ["pull_request"] }], false)
      assert.deepStrictEqual(partial.credentials, [
        "warning: the token has the scope public_repo alone: it reviews no private repository"
      ])
      assert.match(partial.repository[0] ?? "", /^warning: the account has no role Write in acme\/shop/)
      assert.match(partial.repository[1] ?? "", /^warning: .* does not send issue_comment, pull_request_review, /)
      assert.match(partial.repository[2] ?? "", /^warning: .* has delivered nothing yet$/)
      const failed = yield* token(undefined, [{ ...hook, last_response: { code: 401, status: "unauthorized" } }])
      assert.deepStrictEqual(failed.credentials, [])
      assert.match(failed.repository[1] ?? "", /^problem: .* fails: the last delivery was answered 401\. /)
      const off = yield* token(undefined, [{ ...hook, active: false }])
      assert.match(off.repository[1] ?? "", /^problem: .* is switched off/)
      const other = yield* token(undefined, [{ ...hook, config: { url: "https://ci.example/hook" } }])
      assert.match(other.repository[1] ?? "", /^warning: acme\/shop has no webhook whose address ends with \/webhooks/)
    }))

  it.live("credentials that may not see the webhooks are no mistake", () =>
    Effect.gen(function*() {
      assert.match((yield* token(undefined, undefined)).repository[1] ?? "", /^unknown: the credentials may not see /)
    }))
})

describe("the setup of a GitHub App", () => {
  const { privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
  const pem = privateKey.export({ type: "pkcs1", format: "pem" }).toString()

  const app = Effect.fnUntraced(function*(answers: Answers) {
    const { url } = yield* forge(answers)
    const setup = yield* GitHub.setup({
      apiBase: url,
      credentials: { _tag: "App", appId: "1", privateKey: Redacted.make(pem), installationId: Option.none() }
    })
    return {
      credentials: Effect.map(setup.credentials, lines),
      repository: Effect.map(setup.repository(repo), lines)
    }
  })
  const events = ["issue_comment", "pull_request", "pull_request_review", "pull_request_review_comment"]
  const granted = { checks: "write", contents: "read", issues: "write", pull_requests: "write", metadata: "read" }

  it.live("permissions, events, webhook and last delivery are read as the App", () =>
    Effect.gen(function*() {
      const sound = yield* app({
        "GET /app": { body: { slug: "nominalbot", events } },
        "GET /app/hook/config": { body: { url: "https://nominal.example/webhooks/github" } },
        "GET /app/hook/deliveries": {
          body: [{ delivered_at: "2026-11-01T10:00:00Z", status_code: 202, event: "pull_request" }]
        },
        "GET /repos/acme/shop/installation": { body: { id: 1, permissions: granted, suspended_at: null } }
      })
      assert.deepStrictEqual(yield* sound.credentials, [
        "ok: the webhook of the App to nominal.example works: the last delivery (pull_request, 2026-11-01T10:00:00Z) " +
        "was answered 202"
      ])
      assert.deepStrictEqual(yield* sound.repository, [
        "ok: the App's installation grants what a review of acme/shop needs"
      ])
    }))

  it.live("says what an installation does not grant, that it is suspended, and where a webhook goes instead", () =>
    Effect.gen(function*() {
      const poor = yield* app({
        "GET /app": { body: { slug: "nominalbot", events: [] } },
        "GET /app/hook/config": { body: { url: "https://nominal.example/" } },
        "GET /repos/acme/shop/installation": { body: { id: 1, permissions: { ...granted, issues: "read" } } }
      })
      assert.match(
        (yield* poor.credentials)[0] ?? "",
        /^problem: the App's webhook goes to https:\/\/nominal\.example\//
      )
      assert.match((yield* poor.repository)[0] ?? "", /^problem: .* does not grant issues: write: accept it on GitHub$/)
      const stopped = yield* app({
        "GET /repos/acme/shop/installation": {
          body: { id: 1, permissions: granted, suspended_at: "2026-11-01T10:00:00Z" }
        }
      })
      assert.match((yield* stopped.repository)[0] ?? "", /^problem: .* is suspended since 2026-11-01/)
    }))
})

describe("the setup of a token of GitLab", () => {
  const project = "/api/v4/projects/acme%2Fshop"
  const gitlab = Effect.fnUntraced(function*(answers: Answers) {
    const { url } = yield* forge(answers)
    const setup = yield* GitLab.setup({ apiBase: url, token: Redacted.make("t") })
    return { credentials: lines(yield* setup.credentials), repository: lines(yield* setup.repository(repo)) }
  })
  const hook = { id: 7, url: "https://nominal.example/webhooks/gitlab", merge_requests_events: true, note_events: true }

  it.live("scope, expiry, role, webhook and last event are read", () =>
    Effect.gen(function*() {
      const sound = yield* gitlab({
        "GET /api/v4/personal_access_tokens/self": { body: { scopes: ["api"], expires_at: "2027-01-31" } },
        [`GET ${project}`]: { body: { permissions: { project_access: null, group_access: { access_level: 40 } } } },
        [`GET ${project}/hooks`]: { body: [{ ...hook, alert_status: "executable" }] },
        [`GET ${project}/hooks/7/events`]: { body: [{ trigger: "merge_request_hooks", response_status: "202" }] }
      })
      assert.deepStrictEqual(sound, {
        credentials: ["ok: the token has the scope api", "ok: the token expires on 2027-01-31"],
        repository: [
          "ok: the account has the role Developer or a higher one in acme/shop",
          "ok: the webhook of acme/shop to nominal.example works: the last delivery (merge_request_hooks) was " +
          "answered 202"
        ]
      })
    }))

  it.live("says which scope, role and trigger are missing, and what GitLab does not show", () =>
    Effect.gen(function*() {
      const poor = yield* gitlab({
        "GET /api/v4/personal_access_tokens/self": { body: { scopes: ["read_api"], expires_at: null } },
        [`GET ${project}`]: { body: { permissions: { project_access: { access_level: 20 }, group_access: null } } },
        [`GET ${project}/hooks`]: { body: [{ ...hook, note_events: false, alert_status: "disabled" }] }
      })
      assert.deepStrictEqual(poor.credentials, ["problem: the token lacks the scope api: no review can be posted"])
      assert.match(poor.repository[0] ?? "", /^warning: the account's role in acme\/shop is below Developer/)
      assert.match(poor.repository[1] ?? "", /^problem: .* is switched off/)
      const hidden = yield* gitlab({ [`GET ${project}`]: { body: {} } })
      assert.deepStrictEqual([...hidden.credentials, ...hidden.repository].map((line) => line.split(":")[0]), [
        "unknown",
        "unknown",
        "unknown"
      ])
    }))
})
