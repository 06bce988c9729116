import type { Installation } from "./GitHubApps.ts"
import { type Fields, renamedOnce } from "./GitHubExamples.ts"
import { type Account, now, type Repository, timestamp } from "./GitHubState.ts"

/** Id of an object in GitHub's GraphQL API. */
export const nodeId = (kind: string, id: number) => Buffer.from(`0:${kind}${id}`).toString("base64")

/** JSON of accounts, Apps, installations and repositories, as GitHub writes it. */
export class GitHubAccountsWire {
  readonly origin: string
  readonly apiBase: string
  /** Relations of accounts to every repository, by login, where a test has set one. */
  readonly associations = new Map<string, string>()

  protected readonly exampleOf: ReturnType<typeof renamedOnce>

  constructor(origin: string, apiBase: string) {
    this.origin = origin
    this.apiBase = apiBase
    this.exampleOf = renamedOnce(origin, apiBase)
  }

  user({ id, login, type }: Account): Fields {
    const url = `${this.apiBase}/users/${encodeURIComponent(login)}`
    return {
      login,
      id,
      node_id: nodeId("User", id),
      avatar_url: `${this.origin}/avatars/${id}`,
      gravatar_id: "",
      url,
      html_url: `${this.origin}/${login.replace("[bot]", "")}`,
      followers_url: `${url}/followers`,
      following_url: `${url}/following{/other_user}`,
      gists_url: `${url}/gists{/gist_id}`,
      starred_url: `${url}/starred{/owner}{/repo}`,
      subscriptions_url: `${url}/subscriptions`,
      organizations_url: `${url}/orgs`,
      repos_url: `${url}/repos`,
      events_url: `${url}/events{/privacy}`,
      received_events_url: `${url}/received_events`,
      type,
      site_admin: false
    }
  }

  /** `GET /user`: what an account says of itself. */
  self(account: Account): Fields {
    return {
      ...this.user(account),
      name: null,
      company: null,
      blog: null,
      location: null,
      email: null,
      hireable: null,
      bio: null,
      public_repos: 0,
      public_gists: 0,
      followers: 0,
      following: 0,
      created_at: timestamp(now()),
      updated_at: timestamp(now())
    }
  }

  app(id: number, slug: string, owner: Account, permissions: Readonly<Record<string, string>>): Fields {
    const at = "2026-01-01T00:00:00Z"
    return {
      id,
      slug,
      node_id: `A_${id}`,
      owner: this.user(owner),
      name: slug,
      description: null,
      external_url: this.origin,
      html_url: `${this.origin}/apps/${slug}`,
      created_at: at,
      updated_at: at,
      permissions,
      events: ["pull_request"]
    }
  }

  installation({ app, id, permissions, suspended }: Installation): Fields {
    const at = "2026-01-01T00:00:00Z"
    return {
      id,
      app_id: app.id,
      app_slug: app.slug,
      target_id: app.account.id,
      target_type: "Organization",
      account: this.user(app.account),
      repository_selection: "selected",
      single_file_name: null,
      access_tokens_url: `${this.apiBase}/app/installations/${id}/access_tokens`,
      repositories_url: `${this.apiBase}/installation/repositories`,
      html_url: `${this.origin}/organizations/acme/settings/installations/${id}`,
      permissions,
      events: ["pull_request"],
      created_at: at,
      updated_at: at,
      suspended_by: null,
      suspended_at: suspended ? at : null
    }
  }

  repository({ defaultBranch, fork, fullName, id, owner }: Repository): Fields {
    return {
      ...this.exampleOf("repository", fullName, 1),
      id,
      node_id: nodeId("Repository", id),
      name: fullName.slice(fullName.indexOf("/") + 1),
      full_name: fullName,
      owner: this.user(owner),
      fork,
      default_branch: defaultBranch,
      has_discussions: false,
      network_count: 0,
      subscribers_count: 0,
      clone_url: `${this.origin}/${fullName}.git`
    }
  }

  content({ fullName }: Repository, path: string, text: string): Fields {
    const url = `${this.apiBase}/repos/${fullName}/contents/${path}`
    return {
      type: "file",
      encoding: "base64",
      size: Buffer.byteLength(text),
      name: path.split("/").at(-1) ?? path,
      path,
      // GitHub breaks the lines of base64.
      content: Buffer.from(text).toString("base64").replaceAll(/.{60}/g, "$&\n"),
      sha: "0".repeat(40),
      url,
      git_url: null,
      html_url: null,
      download_url: null,
      _links: { git: null, html: null, self: url }
    }
  }
}
