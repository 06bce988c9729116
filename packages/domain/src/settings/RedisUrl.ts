import { Option } from "effect"

/** One server of a Redis, or one sentinel. An IPv6 address has no brackets. */
export interface RedisHost {
  readonly host: string
  readonly port: number
}

/** A Redis URL in its parts. */
export interface RedisAddress {
  readonly tls: boolean
  /** One server, some nodes of a cluster, or the sentinels of `group`. At least one. */
  readonly hosts: readonly [RedisHost, ...ReadonlyArray<RedisHost>]
  /** The name under which the sentinels know the primary. */
  readonly group: Option.Option<string>
  /** Empty: the default user. */
  readonly username: string
  readonly password: string
  readonly database: number
}

const form = /^(rediss?)(\+sentinel)?:\/\/(?:([^@/]*)@)?([^@/?#]+)(?:\/([^?#]*))?$/

const hostOf = (text: string, standardPort: number): Option.Option<RedisHost> => {
  const url = URL.parse(`redis://${text}`)
  if (url === null || url.hostname === "" || url.username !== "") return Option.none()
  return Option.some({ host: url.hostname.replace(/^\[|\]$/g, ""), port: Number(url.port || standardPort) })
}

/** The group, if there has to be one, and the number of the database. */
const pathOf = (path: string, sentinel: boolean) => {
  const [, group, database = "0"] = (sentinel ? /^([\w.-]+)(?:\/(\d+))?$/ : /^()(\d*)$/).exec(path) ?? []
  if (group === undefined) return Option.none()
  return Option.some({ group: sentinel ? Option.some(group) : Option.none(), database: Number(database) })
}

/** Reads `redis://user:password@host:port,host:port/0`, or `redis+sentinel://…/name/0`; `rediss` is over TLS. */
export const parseRedisUrl = (text: string): Option.Option<RedisAddress> => {
  const [, scheme, mark, login = "", hosts = "", path = ""] = form.exec(text) ?? []
  const sentinel = mark !== undefined
  const user = URL.parse(`redis://${login === "" ? "" : `${login}@`}host`)
  const [first, ...others] = hosts.split(",").map((host) => hostOf(host, sentinel ? 26_379 : 6379))
  if (scheme === undefined || user === null || first === undefined) return Option.none()
  return Option.gen(function*() {
    const { database, group } = yield* pathOf(path, sentinel)
    const address: RedisAddress = {
      tls: scheme === "rediss",
      hosts: [yield* first, ...yield* Option.all(others)],
      group,
      username: yield* decoded(user.username),
      password: yield* decoded(user.password),
      database
    }
    return address
  })
}

const decoded = Option.liftThrowable(decodeURIComponent)

/** The password in a URL, as it is written there. */
export const writtenPassword = (url: string): Option.Option<string> =>
  Option.fromUndefinedOr(/^[^/]*\/\/[^@/:]*:([^@/]+)@/.exec(url)?.[1])

/** True if a URL holds a password. */
export const holdsPassword = (url: string): boolean => Option.isSome(writtenPassword(url))

/** The URL as it may be shown: no user, no password. */
export const withoutLogin = (url: string): string => url.replace(/\/\/[^@/]*@/, "//").replace(/[?#].*$/s, "")
