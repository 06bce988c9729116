import { parseRedisUrl } from "@nominal-code/domain/settings/RedisUrl"
import { make } from "@nominal-code/domain/settings/SettingType"
import { Option, Schema, SchemaTransformation } from "effect"
import { isIPv4 } from "node:net"

/** True if the host is this machine. A name other than `localhost` may be anything. */
export const isLoopback = (host: string): boolean =>
  host === "localhost" || host === "::1" || host === "[::1]" || (isIPv4(host) && host.startsWith("127."))

const isEndpoint = (text: string): boolean => {
  const url = URL.parse(text)
  return url !== null && /^https?:$/.test(url.protocol) &&
    `${url.username}${url.password}${url.search}${url.hash}` === ""
}

/** A text with a URL, without the parts of it that can be secret: login, query and fragment. */
export const withoutLogin = (text: string): string =>
  text.replace(/:\/\/.*@/s, "://***@").replace(/(:\/\/[^?#]*[?#]).*/s, "$1***")

/** True for a URL without encryption. */
export const isClear = (url: string): boolean => url.startsWith("http:") && !isLoopback(new URL(url).hostname)

const normal = SchemaTransformation.transform({
  decode: (text: string) => new URL(text).href.replace(/\/+$/, ""),
  encode: (url: string) => url
})
const Endpoint = Schema.Trim.check(Schema.makeFilter(isEndpoint)).pipe(Schema.decodeTo(Schema.String, normal))

/** The root of an HTTP API, without a trailing slash. */
export const endpoint = make({
  label: "URL",
  expected: "an http or https URL without credentials, query and fragment",
  yaml: Endpoint,
  shown: Schema.String
})

/** Root of an HTTP API that gets a token: https, or this machine. */
export const secureEndpoint = make({
  label: "URL",
  expected: "an https URL without credentials, query and fragment (http is for this machine only: a token goes there)",
  yaml: Endpoint.check(Schema.makeFilter((url: string) => !isClear(url))),
  shown: Schema.String
})

/** A Redis URL: hosts, login and database number. */
export const redisUrl = make({
  label: "URL",
  expected:
    "a redis:// or rediss:// URL: redis://:password@host:6379/0, in the password %2F for /, %3A for :, %40 for @; nodes of a cluster with commas between them, sentinels as redis+sentinel://host:26379,host:26379/name",
  yaml: Schema.Trim.check(Schema.makeFilter((text: string) => Option.isSome(parseRedisUrl(text)))),
  shown: Schema.String
})
