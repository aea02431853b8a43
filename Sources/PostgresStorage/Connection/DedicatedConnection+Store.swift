import PostgresClient

extension DedicatedConnection.Origin {
    /// Connections for the store: the server is checked, and each statement is planned once.
    ///
    /// - Parameters:
    ///   - url: The database.
    ///   - limits: The time limits of each session.
    ///   - settings: More assignments for each session.
    ///   - onFault: Called on any thread with the reason when connecting fails or the server is unfit.
    /// - Returns: The factory of the connections.
    static func store(
        _ url: PostgresURL,
        limits: PostgresConnection.Limits,
        settings: [String] = [],
        onFault: @escaping @Sendable (PostgresStartError) -> Void = { _ in }
    ) -> DedicatedConnection.Origin {
        DedicatedConnection.Origin(
            url: url,
            limits: limits,
            // All our statements look rows up by key, so one generic plan fits every set of parameters.
            settings: ["plan_cache_mode = force_generic_plan", "jit = off"] + settings,
            examine: ServerCheck.examine,
            onFailure: { failure in
                if let fault = PostgresStartError(failure) { onFault(fault) }
            }
        )
    }
}
