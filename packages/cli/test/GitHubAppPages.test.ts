import { assert, describe, it } from "@effect/vitest"
import { apiBaseOf, formUrl, manifestOf } from "../src/githubApp/Manifest.ts"
import { registrationPage, sentencePage } from "../src/githubApp/Pages.ts"

const request = {
  github: "https://github.com",
  name: "Our reviews",
  webhook: "https://reviews.example/webhooks/github"
}

describe("the registration of an App", () => {
  it.each([
    ["https://github.com", "https://api.github.com"],
    ["https://acme.ghe.com", "https://api.acme.ghe.com"],
    ["https://ghe.example", "https://ghe.example/api/v3"],
    ["https://ghe.example:8443", "https://ghe.example:8443/api/v3"],
    ["https://notgithub.com", "https://notgithub.com/api/v3"]
  ])("of %s asks its API at %s", (github, api) => {
    assert.strictEqual(apiBaseOf(github), api)
  })

  it("is the person's, or the organization's whose name is written as part of a path", () => {
    assert.strictEqual(formUrl(request, "s1"), "https://github.com/settings/apps/new?state=s1")
    assert.strictEqual(
      formUrl({ ...request, organization: "a/b?c" }, "s1"),
      "https://github.com/organizations/a%2Fb%3Fc/settings/apps/new?state=s1"
    )
  })

  it("asks for a private App with deliveries at the webhook", () => {
    const { hook_attributes, public: isPublic, redirect_url, url } = manifestOf(request, "http://127.0.0.1:3000/done")
    assert.deepStrictEqual(hook_attributes, { url: request.webhook, active: true })
    assert.deepStrictEqual([isPublic, redirect_url, url], [
      false,
      "http://127.0.0.1:3000/done",
      "https://reviews.example"
    ])
  })

  it("shows a page on which a name is text, and the manifest is whole", () => {
    const name = "\"><script>alert('&amp;')</script>"
    const page = registrationPage({ ...request, name }, "http://127.0.0.1:3000/done", "s1")
    assert.notMatch(page, /<script/)
    const [, value = ""] = /name="manifest" value="([^"]*)"/.exec(page) ?? []
    const read = value.replaceAll("&quot;", "\"").replaceAll("&lt;", "<").replaceAll("&gt;", ">").replaceAll(
      "&amp;",
      "&"
    )
    assert.strictEqual(JSON.parse(read).name, name)
    assert.notMatch(sentencePage("<b>no</b>"), /<b>/)
  })
})
