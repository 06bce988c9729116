import { assert, it } from "@effect/vitest"
import { endpoint, isLoopback, secureEndpoint, withoutLogin } from "@nominal-code/config/Url"
import { Option } from "effect"

it("this machine is 127.0.0.0/8, ::1 and localhost, and no name that looks like them", () => {
  for (const host of ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost"]) assert.isTrue(isLoopback(host), host)
  for (
    const host of [
      "0.0.0.0",
      "::",
      "127.0.0.1.example.com",
      "127.1",
      "127.0.0.256",
      "10.0.0.1",
      "localhost.example.com",
      ""
    ]
  ) assert.isFalse(isLoopback(host), host)
})

it("an endpoint has one way to be written", () => {
  const cases = [
    ["https://api.github.com/", "https://api.github.com"],
    ["HTTPS://GHE.Example/api/v3//", "https://ghe.example/api/v3"],
    [" http://127.0.0.1:1234 ", "http://127.0.0.1:1234"],
    ["https://h:443", "https://h"]
  ] as const
  for (const [text, url] of cases) assert.deepStrictEqual(secureEndpoint.fromText(text), Option.some(url))
})

it("an endpoint is http without credentials, query and fragment", () => {
  for (
    const text of [
      "api.github.com",
      "ftp://h",
      "https://u:p@h",
      "https://h?a=b",
      "https://h#a",
      "https://",
      "file:///etc"
    ]
  ) {
    assert.isTrue(Option.isNone(endpoint.fromText(text)), text)
  }
})

it("a token goes over https, or stays on this machine", () => {
  for (const text of ["http://ghe.example/api/v3", "http://127.0.0.1.example.com", "http://0.0.0.0"]) {
    assert.isTrue(Option.isNone(secureEndpoint.fromText(text)), text)
    assert.isTrue(Option.isSome(endpoint.fromText(text)), text)
  }
  for (const text of ["http://localhost:3000", "http://[::1]:3000", "http://127.0.0.2"]) {
    assert.isTrue(Option.isSome(secureEndpoint.fromText(text)), text)
  }
})

it("a URL in a message has neither login nor query nor fragment, whatever the login is made of", () => {
  const cases = [
    ["redis://:hunter2@redis:6379/0", "redis://***@redis:6379/0"],
    ["https://bot:hun\nter2@ghe.example", "https://***@ghe.example"],
    ["https://a@b:hunter2@ghe.example", "https://***@ghe.example"],
    ["https://ghe.example/a?token=hunter2", "https://ghe.example/a?***"],
    ["https://ghe.example#hunter2", "https://ghe.example#***"],
    ["https://ghe.example/a", "https://ghe.example/a"]
  ] as const
  for (const [url, shown] of cases) assert.strictEqual(withoutLogin(url), shown)
})
