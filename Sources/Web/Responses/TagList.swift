import Billing
import JSON

/// A page of deployments with their tags, and the keys of all of them.
struct TagList: JSONObject {
    private static let maximumKeys = 1000

    let deployments: [DeploymentTags]
    let hasMore: Bool
    let keys: [String]

    /// Takes the tags of all deployments, by owner and dseq.
    init(_ all: [DeploymentTags], after cursor: DeploymentTags.Deployment?, limit: Int) {
        let rest = cursor.map { cursor in all.drop { $0.deployment <= cursor } } ?? all[...]
        deployments = Array(rest.prefix(limit))
        hasMore = rest.count > limit
        keys = Array(Set(all.flatMap(\.values.keys)).sorted().prefix(Self.maximumKeys))
    }

    func write(to json: inout JSONWriter) {
        json.array("data", deployments) { json, tags in
            let (owner, dseq) = (tags.deployment.owner, String(tags.deployment.dseq))
            json.member("dseq", dseq)
            json.member("id", "\(owner)/\(dseq)")
            json.member("object", "deployment_tags")
            json.member("owner", owner)
            json.member("tags", tags.values)
        }
        json.member("has_more", hasMore)
        json.member("keys", keys)
        json.member("object", "list")
        json.member("url", "/v1/usage/tags")
    }
}
