import HTTPClient
import PostgresClient
import Storage
import UsageSources
import Web

/// The source of leases and days, and how often it is read.
struct UsageSyncConfiguration: Sendable {
    enum Place: Sendable {
        case indexer(PostgresURL)
        case node(NodeURL)
    }

    let place: Place
    let chainID: String
    /// Names of USDC on the chain, in addition to the built-in ones.
    let usdcNames: Set<String>
    /// Seconds between passes; 0 turns the schedule off.
    let intervalSeconds: Int64

    var source: UsageSyncSource {
        switch place {
        case .indexer: UsageSyncSource(.indexer, chainID: chainID)
        case .node: UsageSyncSource(.node, chainID: chainID)
        }
    }

    /// Makes the source.
    ///
    /// The caller must close an ``IndexerSource``.
    func open(_ transport: any HTTPTransport) -> any UsageSource {
        let names = DenominationNames(usdc: usdcNames)
        return switch place {
        case .indexer(let url): IndexerSource(url, chainID: chainID, names: names)
        case .node(let url): NodeSource(url, transport: transport, chainID: chainID, names: names)
        }
    }
}
