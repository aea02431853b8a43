import HTTPClient
import PostgresClient
import Storage
import UsageSources
import Web

/// Where leases and days are read from, and how often.
struct UsageSyncConfiguration: Sendable {
    enum Place: Sendable {
        case indexer(PostgresURL)
        case node(NodeURL)
    }

    let place: Place
    let chainID: String
    /// What USDC is called beside its known names.
    let usdcNames: Set<String>
    /// 0 for never.
    let intervalSeconds: Int64

    var source: UsageSyncSource {
        switch place {
        case .indexer: UsageSyncSource(.indexer, chainID: chainID)
        case .node: UsageSyncSource(.node, chainID: chainID)
        }
    }

    /// The source itself; to be closed where it has a connection of its own.
    func open(_ transport: any HTTPTransport) -> any UsageSource {
        let names = DenominationNames(usdc: usdcNames)
        return switch place {
        case .indexer(let url): IndexerSource(url, chainID: chainID, names: names)
        case .node(let url): NodeSource(url, transport: transport, chainID: chainID, names: names)
        }
    }
}
