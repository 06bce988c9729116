import { NodeServices } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { appEvents, appPermissions } from "@nominal-code/forge/github/Needs"
import { command } from "@nominal-code/testing/Command"
import * as GitHubEmulator from "@nominal-code/testing/GitHubEmulator"
import { Deferred, Effect, Fiber, FileSystem, Stream } from "effect"
import { ChildProcess, ChildProcessSpawner } from "effect/process"
import { createPrivateKey } from "node:crypto"
import { readFileSync } from "node:fs"
import { request } from "node:http"
import { runWith } from "./RunCommand.ts"
import { runHere } from "./RunHere.ts"

const webhook = "https://nominal.example/webhooks/github"

const unescaped = (text: string) =>
  text.replaceAll("&quot;", "\"").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll("&amp;", "&")

const get = (url: string, init: RequestInit = {}) =>
  Effect.promise(() =>
    fetch(url, { redirect: "manual", ...init }).then((response) =>
      response.text().then((text) => ({
        status: response.status,
        text,
        location: response.headers.get("location") ?? ""
      }))
    )
  )

/** Status of a request under another name of this host. */
const statusAs = (host: string, url: string) =>
  Effect.callback<number>((resume) => {
    request(url, { headers: { host } }, (response) => {
      response.resume()
      resume(Effect.succeed(response.statusCode ?? 0))
    }).end()
  })

/** The page's form, as a browser reads it. */
const formIn = (page: string) => ({
  action: unescaped(/<form action="([^"]*)"/.exec(page)?.[1] ?? ""),
  manifest: unescaped(/name="manifest" value="([^"]*)"/.exec(page)?.[1] ?? "")
})

/** `nominal-code github-app`, up to the page that it serves. */
const begun = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const spawner = yield* ChildProcessSpawner.ChildProcessSpawner
  const emulator = yield* GitHubEmulator.make()
  const directory = yield* fs.makeTempDirectoryScoped({ prefix: "github-app-" })
  const flags = ["--webhook-url", webhook, "--name", "Acme Reviews", "--organization", "acme"]
  const child = yield* spawner.spawn(
    ChildProcess.make(
      process.execPath,
      [command, "github-app", ...flags, "--github", emulator.origin, "--directory", `${directory}/app`],
      { env: { HOME: directory }, stdin: "ignore" }
    )
  )
  const served = yield* Deferred.make<string>()
  const lines: Array<string> = []
  const reading = yield* child.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => {
      lines.push(line)
      const [url] = /http:\/\/127\.0\.0\.1:\d+\//.exec(line) ?? []
      return url === undefined ? Effect.void : Deferred.succeed(served, url)
    }),
    Effect.forkScoped
  )
  const stderr = yield* Effect.forkScoped(Stream.mkString(Stream.decodeText(child.stderr)))
  return { child, directory, emulator, fs, lines, reading, stderr, url: yield* Deferred.await(served) }
})

describe("nominal-code github-app", () => {
  it.live("registers an App by one click, with what the code needs, and writes its secrets for nobody else to read", () =>
    Effect.gen(function*() {
      const { child, directory, emulator, fs, lines, reading, url } = yield* begun
      const { action, manifest } = formIn((yield* get(url)).text)
      assert.isTrue(action.startsWith(`${emulator.origin}/organizations/acme/settings/apps/new?state=`))
      assert.deepInclude(JSON.parse(manifest), {
        name: "Acme Reviews",
        public: false,
        hook_attributes: { url: webhook, active: true },
        default_permissions: appPermissions,
        default_events: appEvents
      })
      const { location, status } = yield* get(action, { method: "POST", body: new URLSearchParams({ manifest }) })
      assert.strictEqual(status, 302)
      assert.match((yield* get(location)).text, /The App is registered/)
      assert.strictEqual(Number(yield* child.exitCode), 0)
      yield* Fiber.join(reading)
      const [app] = emulator.apps.apps
      const key = yield* fs.readFileString(`${directory}/app/private-key.pem`)
      assert.strictEqual(createPrivateKey(key).asymmetricKeyType, "rsa")
      for (const file of ["private-key.pem", "webhook-secret"]) {
        assert.strictEqual((yield* fs.stat(`${directory}/app/${file}`)).mode & 0o777, 0o600)
      }
      const printed = lines.join("\n")
      assert.include(
        printed,
        `GITHUB_APP_ID=${app?.id}\nGITHUB_APP_PRIVATE_KEY_PATH=${directory}/app/private-key.pem\n`
      )
      assert.include(printed, `GITHUB_WEBHOOK_SECRET_FILE=${directory}/app/webhook-secret\n`)
      assert.include(printed, `REVIEWER_BOT_USERNAME=acme-reviews\nGITHUB_API_BASE=${emulator.apiBase}\n`)
      assert.include(printed, `next: install the App on your repositories at ${emulator.origin}/apps/acme-reviews/inst`)
      assert.notInclude(printed, (yield* fs.readFileString(`${directory}/app/webhook-secret`)).trim())
      assert.notInclude(printed, "PRIVATE KEY-----")
      assert.deepStrictEqual(emulator.violations, [])
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("takes no code of a registration that was started elsewhere, and says so of a code that does not count", () =>
    Effect.gen(function*() {
      const { child, emulator, stderr, url } = yield* begun
      assert.strictEqual((yield* get(`${url}callback?code=stolen&state=${"0".repeat(64)}`)).status, 400)
      assert.strictEqual((yield* get(`${url}callback?state=1`)).status, 400)
      assert.deepStrictEqual(emulator.requests, [])
      // A name of another site that leads here, and a page of that site.
      assert.deepStrictEqual([yield* statusAs("rebound.example", url), yield* statusAs(new URL(url).host, url)], [
        403,
        200
      ])
      const state = /state=([0-9a-f]{64})/.exec((yield* get(url)).text)?.[1]
      const refused = yield* get(`${url}callback?code=used-before&state=${state}`)
      assert.strictEqual(refused.status, 502)
      assert.match(refused.text, /a code is valid once, for an hour/)
      assert.strictEqual(Number(yield* child.exitCode), 1)
      assert.match(
        yield* Fiber.join(stderr),
        /^nominal-code: the App's secrets were not received: GitHub does not accept/
      )
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it.live("overwrites no key, and wants the address of the webhook", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const directory = yield* fs.makeTempDirectoryScoped({ prefix: "github-app-" })
      yield* fs.writeFileString(`${directory}/private-key.pem`, "a key")
      const flags = ["--webhook-url", webhook, "--name", "Acme Reviews", "--directory", directory]
      const taken = yield* runWith({}, "github-app", ...flags)
      assert.strictEqual(taken.code, 1)
      assert.match(taken.stderr, /private-key\.pem exists, and is not overwritten/)
      const nowhere = yield* runHere({}, "github-app", "--webhook-url", "nominal.example", "--name", "x")
      assert.strictEqual(nowhere.code, 2)
    }).pipe(Effect.scoped, Effect.provide(NodeServices.layer)))

  it("docs/github-app.md has the same permissions and events", () => {
    const page = readFileSync(new URL("../../../docs/github-app.md", import.meta.url), "utf8")
    const [, permissions = ""] = /\| Repository permissions \|([^|]*)\|/.exec(page) ?? []
    const [, events = ""] = /\| Events \|([^|]*)\|/.exec(page) ?? []
    const label = (name: string) => name.charAt(0).toUpperCase() + name.slice(1).replaceAll("_", " ")
    const labels = (text: string) => [...text.matchAll(/\*([A-Z][a-z ]+)\*/g)].map(([, name = ""]) => name).toSorted()
    assert.deepStrictEqual(labels(permissions), Object.keys(appPermissions).map(label).toSorted())
    for (const [name, access] of Object.entries(appPermissions)) {
      assert.include(permissions, `*${label(name)}*: read${access === "write" ? " and write" : ""}`)
    }
    assert.deepStrictEqual(labels(events), appEvents.map(label).toSorted())
  })
})
