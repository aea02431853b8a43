extension LeaseRecord {
    /// Why a lease that its source no longer has counts as closed.
    package static let vanished = "vanished"

    /// The lease, closed since its source no longer has it.
    ///
    /// - Parameters:
    ///   - height: The last height at which the source had the lease; the lease is paid for up to there.
    ///   - target: The height at which the source did not have it.
    /// - Returns: The closed lease.
    package func vanished(after height: Int64, asOf target: Int64) -> LeaseRecord {
        LeaseRecord(
            identity: identity,
            providerName: providerName,
            prices: prices,
            createdHeight: createdHeight,
            closedHeight: max(createdHeight, height.addingClamped(1)),
            state: .closed,
            closeReason: Self.vanished,
            withdrawn: withdrawn,
            resources: resources,
            groupCount: groupCount,
            source: source,
            asOfHeight: max(target, asOfHeight ?? target)
        )
    }
}
