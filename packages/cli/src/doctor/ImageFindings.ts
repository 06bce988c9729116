import * as NetworkHttp from "@nominal-code/llm/NetworkHttp"
import { Effect, Option, Schema } from "effect"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "effect/http"
import { note, ok, problem, type SetupFinding, warning } from "./Finding.ts"

/*
 * Look-up of the image of a review's pods at its registry: a HEAD of its manifest, as the OCI Distribution
 * Specification 1.1 has it, with the anonymous token that a registry gives out for public images.
 */

const area = "cluster"

/** An image by the parts of its name. */
interface ImageName {
  readonly registry: string
  readonly repository: string
  /** Tag or digest. */
  readonly reference: string
}

const nameOf = (image: string): ImageName => {
  const [path = "", digest] = image.split("@")
  const tag = /:([\w.-]+)$/.exec(path)?.[1]
  const name = tag === undefined ? path : path.slice(0, -tag.length - 1)
  const [first = "", ...rest] = name.split("/")
  const hasHost = rest.length > 0 && /[.:]|^localhost$/.test(first)
  const repository = hasHost ? rest.join("/") : rest.length > 0 ? name : `library/${name}`
  // Docker Hub is where an image without a host is.
  const registry = hasHost && first !== "docker.io" ? first : "registry-1.docker.io"
  return { registry, repository, reference: digest ?? tag ?? "latest" }
}

const isLocal = (host: string): boolean => /^(?:localhost|127\.0\.0\.1|\[::1\])(?::\d+)?$/.test(host)

const manifests = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json"
].join(", ")

const Token = Schema.Struct({
  token: Schema.optionalKey(Schema.String),
  access_token: Schema.optionalKey(Schema.String)
})

/** Address that gives out anonymous tokens, out of a `WWW-Authenticate` header. */
const tokenUrl = (challenge: string | undefined): Option.Option<URL> => {
  const parameters = new Map(
    Array.from(challenge?.matchAll(/(\w+)="([^"]*)"/g) ?? [], ([, key = "", value = ""]) => [key, value] as const)
  )
  const url = URL.parse(parameters.get("realm") ?? "")
  if (url === null || url.protocol !== "https:" && !isLocal(url.host)) return Option.none()
  for (const key of ["service", "scope"]) {
    const value = parameters.get(key)
    if (value !== undefined) url.searchParams.set(key, value)
  }
  return Option.some(url)
}

const anonymousToken = Effect.fnUntraced(function*(challenge: string | undefined) {
  const url = tokenUrl(challenge)
  if (Option.isNone(url)) return undefined
  const answer = yield* HttpClient.get(url.value)
  if (answer.status !== 200) return undefined
  const { access_token, token } = yield* HttpClientResponse.schemaBodyJson(Token)(answer)
  return token ?? access_token
})

/** Status of the registry's answer for the manifest of an image. */
const statusOf = Effect.fnUntraced(function*({ reference, registry, repository }: ImageName) {
  const url = `${isLocal(registry) ? "http" : "https"}://${registry}/v2/${repository}/manifests/${reference}`
  const request = HttpClientRequest.setHeader(HttpClientRequest.head(url), "accept", manifests)
  // One registry sends to another, which it takes no token to.
  const client = HttpClient.followRedirects(yield* HttpClient.HttpClient)
  const first = yield* client.execute(request)
  if (first.status !== 401) return first.status
  const token = yield* anonymousToken(first.headers["www-authenticate"])
  if (token === undefined) return first.status
  return (yield* client.execute(HttpClientRequest.bearerToken(request, token))).status
})

const foundOf = (image: string, registry: string, status: number): SetupFinding => {
  if (status === 200) return ok(area, `${registry} has ${image}`)
  if (status === 404) {
    return problem(area, `${registry} has no ${image}: push it, or correct kubernetes.image (K8S_IMAGE)`)
  }
  if (status === 401 || status === 403) {
    return warning(
      area,
      `${registry} shows ${image} to no one without a login (${status}): see that it is there, and that ` +
        "kubernetes.image_pull_secrets (K8S_IMAGE_PULL_SECRETS) or the node lets the cluster pull it"
    )
  }
  return warning(area, `${registry} does not say if it has ${image} (${status}): try docker pull ${image}`)
}

/** The image of the pods: whether its registry has it, and whether its tag moves. */
export const imageFindings = (image: string): Effect.Effect<ReadonlyArray<SetupFinding>> => {
  const name = nameOf(image)
  const moves = name.reference === "latest"
    ? [note(area, `pods run ${image}: name a version or a digest, so that pods and server are the same one`)]
    : []
  return statusOf(name).pipe(
    Effect.timeout("5 seconds"),
    Effect.map((status) => foundOf(image, name.registry, status)),
    Effect.orElseSucceed(() =>
      warning(area, `${name.registry} cannot be asked for ${image} from here: the cluster may reach it all the same`)
    ),
    Effect.map((found) => [found, ...moves]),
    Effect.provide(NetworkHttp.layer)
  )
}
