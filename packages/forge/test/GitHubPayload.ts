/** Account, place and pull request of the webhooks' payloads in these tests. */
export const user = { login: "ada", type: "User" }
export const source = { repository: { full_name: "acme/shop" }, installation: { id: 77 } }
export const sha = "b".repeat(40)
export const pull = {
  number: 7,
  title: "A change",
  draft: false,
  user,
  head: { ref: "change", sha },
  base: { ref: "main" }
}
