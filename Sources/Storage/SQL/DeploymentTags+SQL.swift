package import Billing
import Database
import JSON

extension SQLStore {
    package func tag(_ tags: [DeploymentTags]) async throws(StoreError) -> Int {
        let deployments = Set(tags.map(\.deployment)).sorted()
        let owners = Set(deployments.map(\.owner)).sorted()
        return try await transaction("storing tags", under: .usage, repeats: true) { session in
            let erased = try session.rows(TagQueries.erased(among: owners))
            let stored = try session.rows(ofEach: deployments.map(TagQueries.tags))
            let plan = TagPlan(tags, stored: stored.flatMap { $0 }, erased: Set(erased))
            try session.runLater(plan.changes.map(TagQueries.replacing))
            return plan.changes.count
        }
    }

    package func tags(of owners: [String]) async throws(StoreError) -> [DeploymentTags] {
        try await query("reading tags") { try $0.rows(TagQueries.tags(of: owners)) }
    }
}

enum TagQueries {
    static func tags(of owners: [String]) -> Query<DeploymentTags> {
        Query(
            "SELECT owner, dseq, content FROM deployment_tags WHERE owner = ANY($1) ORDER BY owner, dseq",
            [.texts(owners)],
            decode: tags
        )
    }

    static func tags(of deployment: DeploymentTags.Deployment) -> Query<DeploymentTags> {
        Query(
            "SELECT owner, dseq, content FROM deployment_tags WHERE owner = $1 AND dseq = $2",
            [.text(deployment.owner), .int(deployment.dseq)],
            decode: tags
        )
    }

    /// The owners that have, or had, a customer, and only customers that were erased.
    static func erased(among owners: [String]) -> Query<String> {
        Query(
            """
            SELECT a.address
            FROM usage_accounts a
            LEFT JOIN erased_ids e ON e.account = '' AND e.id = a.customer
            WHERE a.address = ANY($1)
            GROUP BY a.address
            HAVING count(*) = count(e.id)
            """,
            [.texts(owners)]
        ) { try $0.text("address") }
    }

    static func replacing(_ tags: DeploymentTags) -> SQLStatement {
        let (owner, dseq) = (SQLValue.text(tags.deployment.owner), SQLValue.int(tags.deployment.dseq))
        guard !tags.values.isEmpty else {
            return SQLStatement("DELETE FROM deployment_tags WHERE owner = $1 AND dseq = $2", [owner, dseq])
        }
        return SQLStatement(
            """
            INSERT INTO deployment_tags (owner, dseq, content) VALUES ($1, $2, $3)
            ON CONFLICT (owner, dseq) DO UPDATE SET content = excluded.content
            """,
            [owner, dseq, .text(JSONWriter.text(of: tags.values))]
        )
    }

    @Sendable
    private static func tags(_ row: SQLRow) throws -> DeploymentTags {
        let content = Array(try row.text("content").utf8)
        return DeploymentTags(
            owner: try row.text("owner"),
            dseq: try row.int("dseq"),
            values: try JSONValue.read(content) { try DeploymentTags.values($0) }
        )
    }
}
