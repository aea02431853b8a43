import Billing
import Logging
import Storage

/// Leases that their source no longer has: an indexer was filled anew, or a node has dropped them.
///
/// The source is asked by name for each open lease that came from it. Missing leases are counted first, and closed in
/// a second walk that asks for them again, unless the source lacks more leases than it has.
extension UsageSync {
    private static let leasesAtATime = 100

    func closeVanished(asOf height: Int64) async throws(Interruption) {
        if progress.stage == .check {
            try await walkOpenLeases { sync, leases, missing throws(Interruption) in
                sync.progress.checked += leases.count
                sync.progress.addMissing(missing.map(\.identity))
            }
            reportMissing()
            progress.stage = progress.closesMissing ? .close : .days
            try await keep()
        }
        if progress.stage == .close {
            try await walkOpenLeases { sync, _, missing throws(Interruption) in
                let closed = missing.compactMap { lease in
                    sync.confirmedHeight(of: lease).map { lease.vanished(after: $0, asOf: height) }
                }
                guard !closed.isEmpty else { return }
                try await sync.put(closed)
                sync.progress.vanished += closed.count
            }
        }
    }

    /// Goes through the open leases of the source, page by page.
    ///
    /// - Parameter body: Gets the leases of a page, and those of them that the source does not have.
    /// - Throws: ``Interruption``
    private func walkOpenLeases(
        _ body: (UsageSync, [LeaseRecord], [LeaseRecord]) async throws(Interruption) -> Void
    ) async throws(Interruption) {
        while true {
            let (last, size) = (progress.cursor, Self.leasesAtATime)
            let open = try await stored { ledger throws(StoreError) in
                try await ledger.openLeases(after: last, limit: size)
            }
            let leases = open.filter {
                $0.source == source.kind.rawValue && $0.identity.chainID == source.chainID
            }
            if !leases.isEmpty {
                let names = leases.map(\.identity)
                let page = try await asked { source throws(UsageSourceError) in
                    try await source.leases(named: names)
                }
                try await body(self, leases, leases.filter { !page.has($0.identity) })
            }
            progress.cursor = open.count < size ? nil : open.last?.identity.text
            guard progress.cursor != nil else { return }
            try await keep()
        }
    }

    private func reportMissing() {
        guard progress.missing > 0 else { return }
        logger.warning(
            "open leases missing at the source",
            metadata: [
                "count": "\(progress.missing)", "of": "\(progress.checked)",
                "closed": "\(progress.closesMissing)",
                "first": "\(progress.firstMissing.joined(separator: ", "))",
            ]
        )
    }
}
