import Billing

/// The outcome of replacing the tags of some deployments.
struct TagPlan: Sendable {
    /// The deployments whose tags change, each once, with the tags to store; ascending.
    let changes: [DeploymentTags]

    /// - Parameters:
    ///   - sent: The new tags; of several for one deployment the last count.
    ///   - stored: The stored tags of these deployments.
    ///   - erased: Owners whose customers were erased. A value may name a person, so such deployments have no tags.
    init(_ sent: [DeploymentTags], stored: [DeploymentTags], erased: Set<String>) {
        let known = Dictionary(stored.map { ($0.deployment, $0.values) }) { $1 }
        let last = Dictionary(sent.map { ($0.deployment, $0) }) { $1 }
        changes = last.values.map { tags in
            erased.contains(tags.deployment.owner) ? tags.withoutValues : tags
        }
        .filter { $0.values != known[$0.deployment] ?? [:] }
        .sorted { $0.deployment < $1.deployment }
    }
}

extension DeploymentTags {
    fileprivate var withoutValues: DeploymentTags {
        DeploymentTags(owner: deployment.owner, dseq: deployment.dseq, values: [:])
    }
}
