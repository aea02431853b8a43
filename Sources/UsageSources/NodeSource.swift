package import Billing
package import HTTPClient
import JSON
package import Storage

/// Reads leases from the REST API of an Akash node, one owner at a time.
///
/// A node gives neither the times of past blocks nor prices of AKT, so days must come from another source. It
/// does not give a lease's resources, which count as 0.
package struct NodeSource: UsageSource {
    package let kind = UsageSourceKind.node
    package let chainID: String
    private let url: NodeURL
    private let transport: any HTTPTransport
    private let names: DenominationNames
    private let pageSize: Int
    private let limits: TransportLimits

    /// - Parameters:
    ///   - url: The URL of the REST API.
    ///   - transport: Sends the requests.
    ///   - chainID: The id that the node's chain must have.
    ///   - names: The names of tokens.
    ///   - pageSize: The number of leases in one request.
    ///   - limits: The limits of each response.
    package init(
        _ url: NodeURL,
        transport: any HTTPTransport,
        chainID: String,
        names: DenominationNames = DenominationNames(),
        pageSize: Int = 500,
        limits: TransportLimits = TransportLimits(totalTimeout: .seconds(30), maxBodyBytes: 8 << 20)
    ) {
        self.url = url
        self.transport = transport
        self.chainID = chainID
        self.names = names
        self.pageSize = pageSize
        self.limits = limits
    }

    package func days(
        from date: CalendarDate?,
        through height: Int64
    ) async throws(UsageSourceError) -> [CalendarDay] { [] }

    // MARK: Head

    package func head() async throws(UsageSourceError) -> ChainHead {
        let answer = try await get("/cosmos/base/tendermint/v1beta1/blocks/latest", maybe: true)
        // Proxies that forward only the leases lack this route.
        guard let answer else { return ChainHead(height: nil, at: nil) }
        return try Self.read(answer.body) { json throws(UsageSourceError) in
            guard let header = (json["sdk_block"] ?? json["block"])?["header"],
                let chain = header["chain_id"]?.string, let text = header["height"]?.decimalText,
                let height = Int64(text), 0...(1 << 62) ~= height
            else { throw .unreadable("The node's latest block has no chain_id and height.") }
            guard chain == chainID else {
                throw .refused(
                    "The node is one of \(chain.prefix(64)), and AKASH_CHAIN_ID is \(chainID). Set one of them right."
                )
            }
            return ChainHead(
                height: height,
                at: header["time"]?.string.flatMap { Instant(rfc3339: $0) }
            )
        }
    }

    // MARK: Leases

    package func leases(_ question: LeaseQuery) async throws(UsageSourceError) -> LeasePage {
        guard let owner = question.owner else { return LeasePage(leases: [], next: nil) }
        guard let place = question.cursor.map(NodeCursor.init) ?? NodeCursor() else {
            throw .unreadable("the place to go on from is none.")
        }
        let query = [(name: "filters.owner", value: owner)] + place.query(limit: pageSize)
        guard let answer = try await get("/akash/market/v1beta5/leases/list", query) else {
            throw .refused("The node does not list leases.")
        }
        // The height of the page, if the node gives it. It is at least the height read before.
        let heightHeader = answer.headers["Grpc-Metadata-X-Cosmos-Block-Height"].flatMap { Int64($0) }
        let asOf = [heightHeader, question.asOf].compactMap(\.self).max()
        let (rows, nextKey) = try Self.read(answer.body) { json throws(UsageSourceError) in
            try page(json, of: owner, asOf: asOf)
        }
        switch try place.step(rows.map(\.name), nextKey: nextKey) {
        case .goOn(let count, let next): return LeasePage(rows.dropFirst(count), next: next.text)
        case .end(let count): return LeasePage(rows.dropFirst(count), next: nil)
        case .again(let next): return LeasePage([], next: next.text)
        }
    }

    /// By all leases of the owners: a request for each lease would be many more.
    package func leases(
        named identities: [LeaseIdentity]
    ) async throws(UsageSourceError) -> LeasePage {
        let deployments = Set(identities.map(\.deployment))
        var leases: [LeaseRecord] = []
        var setAside: [SetAsideLease] = []
        for owner in Set(identities.map(\.owner)).sorted() {
            var question = LeaseQuery(owner: owner)
            repeat {
                let page = try await self.leases(question)
                leases += page.leases.filter { deployments.contains($0.identity.deployment) }
                setAside += page.setAside
                question.cursor = page.next
            } while question.cursor != nil
        }
        return LeasePage(leases: leases, setAside: setAside, next: nil)
    }

    /// A lease of a page by its name there, also if it cannot be read.
    fileprivate typealias Row = (name: String, lease: Result<LeaseRecord, SetAsideLease>)

    private func page(
        _ json: JSONValue,
        of owner: String,
        asOf: Int64?
    ) throws(UsageSourceError) -> (rows: [Row], nextKey: String?) {
        guard let elements = json["leases"]?.elements, elements.count <= 20_000 else {
            throw .unreadable("The node's answer is no list of leases.")
        }
        var rows: [Row] = []
        for (index, element) in elements.enumerated() {
            guard let lease = element["lease"], let id = lease["id"] ?? lease["lease_id"] else {
                throw .unreadable("Lease \(index) of a page of the node's has no id.")
            }
            let facts = Self.facts(id, lease, element["escrow_payment"], asOf: asOf)
            guard facts.owner == owner else {
                throw .refused("The node ignores filters.owner: it sent a lease of another owner.")
            }
            do throws(SetAsideLease) {
                let record = try facts.record(kind, chainID: chainID, asOf: asOf, names)
                rows.append((facts.name, .success(record)))
            } catch {
                rows.append((facts.name, .failure(error)))
            }
        }
        return (rows, json["pagination"]?["next_key"]?.string)
    }

    private static func facts(
        _ id: JSONValue,
        _ lease: JSONValue,
        _ payment: JSONValue?,
        asOf: Int64?
    ) -> RawLease {
        var facts = RawLease()
        facts.owner = id["owner"]?.string ?? ""
        facts.dseq = id["dseq"]?.decimalText ?? ""
        facts.gseq = id["gseq"]?.decimalText ?? ""
        facts.oseq = id["oseq"]?.decimalText ?? ""
        facts.bseq = id["bseq"]?.decimalText ?? "0"
        facts.provider = id["provider"]?.string ?? ""
        facts.denomination = lease["price"]?["denom"]?.string ?? ""
        facts.price = lease["price"]?["amount"]?.decimalText ?? ""
        facts.created = lease["created_at"]?.decimalText ?? ""
        facts.closed = lease["closed_on"]?.decimalText
        facts.state = lease["state"]?.string.flatMap(LeaseRecord.State.init)
        if facts.state == .insufficientFunds {
            // The node does not give the height at which the escrow ran out: it is at most the present one.
            facts.dryAt = asOf.map(String.init)
        }
        facts.closeReason = lease["reason"]?.string
        facts.withdrawn = (payment?["state"] ?? payment)?["withdrawn"]?["amount"]?.decimalText
        return facts
    }

    // MARK: Requests

    /// - Returns: `nil` if the node lacks the route and `maybe` is true.
    private func get(
        _ path: String,
        _ query: [(name: String, value: String)] = [],
        maybe: Bool = false
    ) async throws(UsageSourceError) -> TransportResponse? {
        let request = TransportRequest(
            .get,
            url: url.appending(path, query),
            headers: [TransportHeader("Accept", "application/json")],
            limits: limits
        )
        let response: TransportResponse
        do throws(TransportError) {
            response = try await transport.send(request)
        } catch {
            switch error {
            case .bodyTooLarge, .headersTooLarge, .unsendable: throw .refused("The node \(url): \(error).")
            default: throw .unavailable("The node \(url) does not answer: \(error).")
            }
        }
        switch response.status {
        case 200: return response
        case 404 where maybe, 405 where maybe, 501 where maybe: return nil
        case 408, 429, 500...599: throw .unavailable("The node \(url) answered \(response.status).")
        default: throw .refused("The node \(url) answered \(response.status). Is it Akash's REST API?")
        }
    }

    private static func read<Value>(
        _ bytes: [UInt8],
        _ body: (JSONValue) throws(UsageSourceError) -> Value
    ) throws(UsageSourceError) -> Value {
        let result: Result<Value, UsageSourceError>
        do {
            result = try bytes.withUnsafeBufferPointer { bytes in
                try JSONValue.read(bytes) { json in
                    do throws(UsageSourceError) {
                        return .success(try body(json))
                    } catch {
                        return .failure(error)
                    }
                }
            }
        } catch {
            throw .unreadable("The node's answer is not JSON.")
        }
        return try result.get()
    }
}

extension LeasePage {
    fileprivate init(_ rows: some Sequence<NodeSource.Row>, next: String?) {
        var leases: [LeaseRecord] = []
        var setAside: [SetAsideLease] = []
        for row in rows {
            switch row.lease {
            case .success(let lease): leases.append(lease)
            case .failure(let fault): setAside.append(fault)
            }
        }
        self.init(leases: leases, setAside: setAside, next: next)
    }
}
