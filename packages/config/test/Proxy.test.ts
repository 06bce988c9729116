import { assert, it } from "@effect/vitest"
import { Effect, Option } from "effect"
import { NodeVersion } from "../src/Proxy.ts"
import { complete, configured } from "./Fixture.ts"

const warned = (env: Readonly<Record<string, string>>) =>
  Effect.map(
    configured({ env: { ...complete, ...env } }),
    ({ warnings }) => warnings.filter((text) => /proxy/i.test(text))
  )

it.effect("a proxy that no request can go through is a warning, which shows nothing of its login", () =>
  Effect.gen(function*() {
    const wrong = [
      "socks5://me:s3cret@proxy.example:1080",
      "socks5h://proxy",
      "http://",
      "proxy.example:none",
      "http://me:s3cret@h:99999",
      "http://me:s3cret%ff@proxy.example"
    ]
    for (const value of wrong) {
      const [warning = "", ...others] = yield* warned({ HTTPS_PROXY: value })
      assert.match(warning, /^HTTPS_PROXY is not used, .*: write http:\/\/HOST:PORT or https:\/\/HOST:PORT; .* SOCKS/)
      assert.deepStrictEqual(others, [])
      assert.notMatch(warning, /s3cret|proxy\.example/)
    }
    const [small = ""] = yield* warned({ https_proxy: "socks5://proxy.example", HTTPS_PROXY: "http://proxy.example" })
    assert.match(small, /^https_proxy is not used/)
  }))

it.effect("a proxy of HTTP is none, however it is written, and so is an empty variable", () =>
  Effect.gen(function*() {
    const right = ["http://proxy.example:3128", "https://me:s3cret@proxy.example", "proxy.example:3128", "10.0.0.1", ""]
    for (const value of right) assert.deepStrictEqual(yield* warned({ HTTPS_PROXY: value }), [])
  }))

it.effect("a proxy on a Node that takes none is a warning, which names those that do", () =>
  Effect.gen(function*() {
    const warnedOn = (version: string) =>
      Effect.provideService(
        warned({ HTTPS_PROXY: "http://me:s3cret@proxy.example" }),
        NodeVersion,
        Option.some(version)
      )
    for (const version of ["22.19.0", "22.20.4", "23.11.1", "24.0.0", "24.4.1"]) {
      assert.deepStrictEqual(yield* warnedOn(version), [
        `HTTPS_PROXY is not used, because Node ${version} knows no proxy, and git alone goes through it: use Node 22.21, ` +
        "24.5 or newer"
      ])
    }
    for (const version of ["22.21.0", "24.5.0", "24.21.0", "25.0.0", "26.1.0"]) {
      assert.deepStrictEqual(yield* warnedOn(version), [])
    }
  }))
