import { Schema } from "effect"
import { createPublicKey, generateKeyPairSync, type KeyObject, randomBytes, verify } from "node:crypto"
import { type Account, now } from "./GitHubState.ts"

/** A GitHub App, and where it is installed. */
export interface App {
  readonly id: number
  readonly slug: string
  /** `slug[bot]`: its posts stand under this account. */
  readonly account: Account
  /** Private key that its owner was given, as PEM. */
  readonly privateKey: string
  readonly publicKey: KeyObject
}

/** An App on an organisation. */
export interface Installation {
  readonly id: number
  readonly app: App
  /** `owner/name` of what it may see, in lower case. */
  readonly repositories: Set<string>
  readonly permissions: Readonly<Record<string, string>>
  suspended: boolean
}

interface Token {
  readonly installation: Installation
  readonly permissions: Installation["permissions"]
  readonly repositories: ReadonlySet<string>
  readonly expiresAt: number
}

const hour = 3_600_000

/** Permissions of an installation of the emulated Apps. */
export const granted = {
  checks: "write",
  contents: "read",
  issues: "write",
  metadata: "read",
  pull_requests: "write"
}

/**
 * Permissions of which a request needs one, by what follows the repository in its path. The rest needs none.
 * Source: GitHub's "Permissions required for GitHub Apps".
 */
const needed: ReadonlyArray<readonly [RegExp, ReadonlyArray<string>]> = [
  [/^\/check-(?:runs|suites)/, ["checks"]],
  [/^\/statuses/, ["statuses"]],
  [/^\/pulls/, ["pull_requests"]],
  [/^\/issues/, ["issues", "pull_requests"]],
  [/^\/(?:contents|git|commits)/, ["contents"]]
]

/** True if the granted permissions include the wanted ones: who may write may read. */
export const includes = (granted: Installation["permissions"], wanted: Installation["permissions"]): boolean =>
  Object.entries(wanted).every(([name, level]) => granted[name] === "write" || granted[name] === level)

const Claims = Schema.fromJsonString(
  Schema.Struct({ iat: Schema.Int, exp: Schema.Int, iss: Schema.Union([Schema.Int, Schema.String]) })
)
const decodeClaims = Schema.decodeUnknownSync(Claims)

/** The Apps of the emulated GitHub, their installations and the tokens that they were given. */
export class GitHubApps {
  readonly apps: Array<App> = []
  readonly installations: Array<Installation> = []
  readonly #tokens = new Map<string, Token>()
  /** Address of the Apps' webhook. */
  hookUrl = "https://nominal.example/webhooks/github"
  /** Offset of GitHub's clock to this machine's, in milliseconds. */
  ahead = 0

  register(id: number, slug: string, account: Account): App {
    const { privateKey, publicKey } = generateKeyPairSync("rsa", { modulusLength: 2048 })
    const app = {
      id,
      slug,
      account,
      // GitHub hands keys out in this older form.
      privateKey: privateKey.export({ type: "pkcs1", format: "pem" }).toString(),
      publicKey: createPublicKey(publicKey.export({ type: "spki", format: "pem" }))
    }
    this.apps.push(app)
    return app
  }

  install(
    app: App,
    id: number,
    repositories: ReadonlyArray<string>,
    permissions: Installation["permissions"] = granted
  ): Installation {
    const installation = {
      id,
      app,
      repositories: new Set(repositories.map((name) => name.toLowerCase())),
      permissions,
      suspended: false
    }
    this.installations.push(installation)
    return installation
  }

  get now(): number {
    return now() + this.ahead
  }

  /** The App of a JSON Web Token, or what GitHub says of one that it does not take. */
  appOf(jwt: string): App | string {
    const [header = "", payload = "", signature = ""] = jwt.split(".")
    const seconds = Math.floor(this.now / 1000)
    const { exp, iat, iss } = decodeClaims(Buffer.from(payload, "base64url").toString())
    const app = this.apps.find(({ id }) => String(id) === String(iss))
    const signed = Buffer.from(`${header}.${payload}`)
    if (app === undefined || !verify("sha256", signed, app.publicKey, Buffer.from(signature, "base64url"))) {
      return "A JSON web token could not be decoded"
    }
    if (iat > seconds) {
      return "'Issued at' claim ('iat') must be an Integer representing the time that the assertion was issued"
    }
    if (exp <= seconds || exp > seconds + 600) {
      return "'Expiration time' claim ('exp') must be a numeric value representing the future time at which the assertion expires"
    }
    return app
  }

  /** Removes an installation, as its account does in its settings. */
  uninstall(installation: Installation): void {
    this.revoke(installation)
    this.installations.splice(this.installations.indexOf(installation), 1)
  }

  /** Takes every token of an installation back, as GitHub does when it is suspended or removed. */
  revoke(installation: Installation): void {
    for (const [token, held] of this.#tokens) if (held.installation === installation) this.#tokens.delete(token)
  }

  mint(
    installation: Installation,
    repositories: ReadonlySet<string>,
    permissions: Installation["permissions"] = installation.permissions
  ): { token: string; expiresAt: number } {
    const token = `ghs_${randomBytes(18).toString("hex")}`
    const expiresAt = this.now + hour
    this.#tokens.set(token, { installation, permissions, repositories, expiresAt })
    return { token, expiresAt }
  }

  /** The repositories that a token opens; none of a token that is not an installation's. */
  repositoriesOf(token: string): ReadonlySet<string> {
    return this.#tokens.get(token)?.repositories ?? new Set()
  }

  /** The bot that an installation's token acts as. */
  accountOf(token: string): Account | undefined {
    const held = this.#tokens.get(token)
    return held === undefined || held.expiresAt <= this.now ? undefined : held.installation.app.account
  }

  /** True if an installation's token opens a path of one of its repositories, and has the permission for the request. */
  opens(token: string, method: string, path: string): boolean {
    const held = this.#tokens.get(token)
    if (held === undefined) return true
    const [, repository, rest = ""] = /^\/repos\/([^/]+\/[^/]+)(.*)/.exec(path) ?? []
    if (path === "/installation/repositories") return true
    // Of GraphQL, the emulator knows queries about pull requests and the resolution of threads.
    if (repository === undefined) {
      return path.endsWith("graphql") && includes(held.permissions, { pull_requests: "read" })
    }
    const level = method === "GET" ? "read" : "write"
    const names = needed.find(([pattern]) => pattern.test(rest))?.[1] ?? []
    const isAllowed = names.length === 0 || names.some((name) => includes(held.permissions, { [name]: level }))
    return isAllowed && held.repositories.has(repository.toLowerCase())
  }
}
