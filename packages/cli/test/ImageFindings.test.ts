import { assert, describe, it } from "@effect/vitest"
import { NetworkFetch } from "@nominal-code/llm/Transport"
import { Effect } from "effect"
import { imageFindings } from "../src/doctor/ImageFindings.ts"

/** A request as a registry sees it. */
interface Seen {
  readonly method: string
  readonly url: string
  readonly authorization: string | null
}

/** Findings about an image at registries that answer so, and what they were asked. */
const lookedUp = Effect.fnUntraced(function*(image: string, answer: (seen: Seen) => Response) {
  const asked: Array<Seen> = []
  const findings = yield* imageFindings(image).pipe(
    Effect.provideService(NetworkFetch, (input, init = {}) => {
      const { headers, method = "GET" } = init
      const seen = { method, url: String(input), authorization: new Headers(headers).get("authorization") }
      asked.push(seen)
      return Promise.resolve(answer(seen))
    })
  )
  return { asked, lines: findings.map(({ status, text }) => `${status}: ${text}`) }
})

const statusOnly = (status: number) => () => new Response(null, { status })

const hub = "https://registry-1.docker.io/v2"

describe("the image of the pods is looked for where a cluster would pull it", () => {
  it.effect.each<readonly [string, string]>([
    ["nginx", `${hub}/library/nginx/manifests/latest`],
    ["nginx:1.29", `${hub}/library/nginx/manifests/1.29`],
    ["node.js:24", `${hub}/library/node.js/manifests/24`],
    ["acme/bot:2", `${hub}/acme/bot/manifests/2`],
    ["localhosts/bot:2", `${hub}/localhosts/bot/manifests/2`],
    ["docker.io/acme/bot:2", `${hub}/acme/bot/manifests/2`],
    ["ghcr.io/acme/team/bot:2.1-rc.1", "https://ghcr.io/v2/acme/team/bot/manifests/2.1-rc.1"],
    ["registry.acme.io:5000/bot", "https://registry.acme.io:5000/v2/bot/manifests/latest"],
    ["registry.acme.io:5000/bot:2", "https://registry.acme.io:5000/v2/bot/manifests/2"],
    ["registry:5000/bot:2", "https://registry:5000/v2/bot/manifests/2"],
    ["ghcr.io/acme/bot:2@sha256:0f", "https://ghcr.io/v2/acme/bot/manifests/sha256:0f"],
    ["localhost/bot:2", "http://localhost/v2/bot/manifests/2"],
    ["127.0.0.1:5000/bot:2", "http://127.0.0.1:5000/v2/bot/manifests/2"],
    ["localhost.acme.io/bot:2", "https://localhost.acme.io/v2/bot/manifests/2"]
  ])("%s is at %s", ([image, url]) =>
    Effect.gen(function*() {
      const { asked } = yield* lookedUp(image, statusOnly(200))
      assert.deepStrictEqual(asked, [{ method: "HEAD", url, authorization: null }])
    }))

  it.effect("and a tag that moves is noted, which a version or a digest does not", () =>
    Effect.gen(function*() {
      const moving = (image: string) =>
        `note: pods run ${image}: name a version or a digest, so that pods and server are the same one`
      for (const image of ["ghcr.io/acme/bot", "ghcr.io/acme/bot:latest"]) {
        const { lines } = yield* lookedUp(image, statusOnly(200))
        assert.deepStrictEqual(lines, [`ok: ghcr.io has ${image}`, moving(image)])
      }
      for (const image of ["ghcr.io/acme/bot:1", "ghcr.io/acme/bot:latest@sha256:0f"]) {
        const { lines } = yield* lookedUp(image, statusOnly(200))
        assert.deepStrictEqual(lines, [`ok: ghcr.io has ${image}`])
      }
    }))
})

it.effect("each answer of a registry about an image has its own advice", () =>
  Effect.gen(function*() {
    const image = "ghcr.io/acme/bot:1"
    const login = (status: number) =>
      `warning: ghcr.io shows ${image} to no one without a login (${status}): see that it is there, and that ` +
      "kubernetes.image_pull_secrets (K8S_IMAGE_PULL_SECRETS) or the node lets the cluster pull it"
    for (
      const [status, line] of [
        [200, `ok: ghcr.io has ${image}`],
        [401, login(401)],
        [403, login(403)],
        [404, `problem: ghcr.io has no ${image}: push it, or correct kubernetes.image (K8S_IMAGE)`],
        [429, `warning: ghcr.io does not say if it has ${image} (429): try docker pull ${image}`],
        [500, `warning: ghcr.io does not say if it has ${image} (500): try docker pull ${image}`]
      ] as const
    ) assert.deepStrictEqual((yield* lookedUp(image, statusOnly(status))).lines, [line])
  }))

describe("a registry that wants a token", () => {
  const image = "ghcr.io/acme/bot:1"
  const manifest = "https://ghcr.io/v2/acme/bot/manifests/1"
  const realm = "realm=\"https://auth.acme.io/token?v=2\""

  /** Findings and requests where the registry names this realm, which answers so, and takes the token `anyone`. */
  const challenged = (challenge: string | undefined, token: () => Response) =>
    lookedUp(image, ({ authorization, url }) => {
      if (url !== manifest) return token()
      const headers = new Headers(challenge === undefined ? {} : { "www-authenticate": challenge })
      return new Response(null, { status: authorization === "Bearer anyone" ? 200 : 401, headers })
    })

  it.effect("is asked again with the one that anybody gets, under either of its names", () =>
    Effect.gen(function*() {
      for (const body of [{ token: "anyone" }, { access_token: "anyone" }, { token: "anyone", access_token: "x" }]) {
        const { asked, lines } = yield* challenged(
          `Bearer ${realm},service="ghcr.io",scope="repository:acme/bot:pull",error="none"`,
          () => Response.json(body)
        )
        assert.deepStrictEqual(lines, [`ok: ghcr.io has ${image}`])
        assert.deepStrictEqual(asked, [
          { method: "HEAD", url: manifest, authorization: null },
          {
            method: "GET",
            url: "https://auth.acme.io/token?v=2&service=ghcr.io&scope=repository%3Aacme%2Fbot%3Apull",
            authorization: null
          },
          { method: "HEAD", url: manifest, authorization: "Bearer anyone" }
        ])
      }
    }))

  it.effect("and names no scope gets a question without one", () =>
    Effect.gen(function*() {
      const { asked } = yield* challenged(`Bearer ${realm}`, () => Response.json({ token: "anyone" }))
      assert.strictEqual(asked[1]?.url, "https://auth.acme.io/token?v=2")
    }))

  it.effect.each<readonly [string, string | undefined, number]>([
    ["names no place for it", undefined, 1],
    ["names no address", "Bearer realm=\"token\"", 1],
    ["would have it asked for in the clear", "Bearer realm=\"http://auth.acme.io/token\"", 1],
    ["gives none to anybody", `Bearer ${realm}`, 2]
  ])("is not asked again where it %s", ([, challenge, requests]) =>
    Effect.gen(function*() {
      const { asked, lines } = yield* challenged(challenge, () => Response.json({ token: "anyone" }, { status: 201 }))
      assert.strictEqual(asked.length, requests)
      assert.match(lines.join("\n"), /^warning: ghcr\.io shows .* to no one without a login \(401\)/)
    }))

  it.effect("and answers for it with something else is one that cannot be asked", () =>
    Effect.gen(function*() {
      const { lines } = yield* challenged(`Bearer ${realm}`, () => new Response("<html>"))
      assert.deepStrictEqual(lines, [
        `warning: ghcr.io cannot be asked for ${image} from here: the cluster may reach it all the same`
      ])
    }))
})
