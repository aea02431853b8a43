import PostgresClient

extension ConnectionLine.Origin {
    /// Sessions for the store: on servers that are fit for it, and with plans that are made once.
    ///
    /// - Parameters:
    ///   - url: The database.
    ///   - limits: What each session is held to.
    ///   - settings: More assignments for each session.
    ///   - onFault: Told, from any thread, why a server was left alone.
    /// - Returns: What makes the connections.
    static func store(
        _ url: PostgresURL,
        limits: PostgresConnection.Limits,
        settings: [String] = [],
        onFault: @escaping @Sendable (PostgresStartError) -> Void = { _ in }
    ) -> ConnectionLine.Origin {
        ConnectionLine.Origin(
            url: url,
            limits: limits,
            // All statements of ours are looked up by key: one plan each serves for ever.
            settings: ["plan_cache_mode = force_generic_plan", "jit = off"] + settings,
            examine: ServerCheck.examine,
            onFailure: { failure in
                if let fault = PostgresStartError(failure) { onFault(fault) }
            }
        )
    }
}
