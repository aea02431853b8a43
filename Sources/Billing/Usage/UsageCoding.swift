import JSON

/// The stored form of leases and totals: JSON, with equal bytes for equal values.
package enum UsageCoding {
    // MARK: Leases

    package static func encode(_ lease: LeaseRecord) -> [UInt8] {
        JSONWriter.object { lease.write(to: &$0) }
    }

    package static func decodeLease(_ bytes: UnsafeBufferPointer<UInt8>) throws -> LeaseRecord {
        try JSONValue.read(bytes) { try LeaseRecord($0) }
    }

    // MARK: Frozen days

    package static func encode(kept days: [CalendarDate: LeaseDay?]) -> [UInt8] {
        JSONWriter.object { json in
            for (date, day) in days.sorted(by: { $0.key < $1.key }) {
                json.object(named: date.text) { json in
                    guard let day else { return }
                    json.object("amounts") { write(day.amounts, to: &$0) }
                    json.member("blocks", day.blocks)
                }
            }
        }
    }

    package static func decodeKept(_ bytes: UnsafeBufferPointer<UInt8>) throws -> [CalendarDate: LeaseDay?] {
        try JSONValue.read(bytes) { json in
            var days: [CalendarDate: LeaseDay?] = [:]
            for (name, value) in json.members ?? [] {
                guard let date = CalendarDate(name) else {
                    throw JSONFieldError.wrong(value, "is not of a date")
                }
                guard let blocks = value["blocks"]?.integer else {
                    days[date] = .some(nil)
                    continue
                }
                let amounts = try readAmounts(value.required("amounts"))
                days[date] = LeaseDay(date: date, blocks: blocks, amounts: amounts)
            }
            return days
        }
    }

    // MARK: Totals

    package static func encode(_ totals: UsageTotals) -> [UInt8] {
        JSONWriter.object { json in
            json.object("amounts") { write(totals.amounts, to: &$0) }
            json.member("cpu_milli", totals.cpuMilli)
            json.member("deployments", totals.deployments)
            json.member("ephemeral_bytes", totals.ephemeralBytes)
            json.object("gpus") { json in
                for (model, units) in totals.gpus.sorted(by: { $0.key < $1.key }) {
                    json.member(named: model, String(units))
                }
            }
            json.member("leases", totals.leases)
            json.member("memory_bytes", totals.memoryBytes)
            json.member("persistent_bytes", totals.persistentBytes)
        }
    }

    package static func decodeTotals(_ bytes: UnsafeBufferPointer<UInt8>) throws -> UsageTotals {
        try JSONValue.read(bytes) { json in
            var totals = UsageTotals()
            totals.leases = json["leases"]?.integer ?? 0
            totals.deployments = json["deployments"]?.integer ?? 0
            totals.cpuMilli = json["cpu_milli"]?.integer ?? 0
            totals.memoryBytes = json["memory_bytes"]?.integer ?? 0
            totals.ephemeralBytes = json["ephemeral_bytes"]?.integer ?? 0
            totals.persistentBytes = json["persistent_bytes"]?.integer ?? 0
            for (model, units) in try json.required("gpus").members ?? [] {
                totals.gpus[model] = units.string.flatMap { Int64($0) } ?? 0
            }
            totals.amounts = try readAmounts(json.required("amounts"))
            return totals
        }
    }

    // MARK: Amounts

    private static func write(_ amounts: [Denomination: TokenAmount], to json: inout JSONWriter) {
        for (denomination, amount) in amounts.sorted(by: { $0.key.code < $1.key.code }) {
            json.member(named: denomination.code, amount.microUnitsText)
        }
    }

    private static func readAmounts(_ json: JSONValue) throws(JSONFieldError) -> [Denomination: TokenAmount] {
        var amounts: [Denomination: TokenAmount] = [:]
        for (code, value) in json.members ?? [] {
            guard let denomination = Denomination(code),
                let amount = value.string.flatMap({ TokenAmount(stored: $0) })
            else { throw .wrong(value, "is not an amount") }
            amounts[denomination] = amount
        }
        return amounts
    }
}

extension LeaseRecord {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("as_of_height", asOfHeight)
        json.member("bseq", identity.bseq)
        json.member("chain_id", identity.chainID)
        json.member("close_reason", closeReason)
        json.member("closed_height", closedHeight)
        json.member("cpu_milli", resources.cpuMilli)
        json.member("created_height", createdHeight)
        json.member("denom", prices[0].denomination.code)
        json.member("dseq", identity.dseq)
        json.member("ephemeral_bytes", resources.ephemeralBytes)
        json.member("escrow_end_height", escrowEndHeight)
        json.member("gpu_model", resources.gpuModel)
        json.member("gpu_units", resources.gpuUnits)
        json.member("gpu_vendor", resources.gpuVendor)
        json.member("group_count", groupCount)
        json.member("gseq", identity.gseq)
        json.member("memory_bytes", resources.memoryBytes)
        json.member("oseq", identity.oseq)
        json.member("owner", identity.owner)
        json.member("persistent_bytes", resources.persistentBytes)
        json.member("predicted_end_height", predictedEndHeight)
        json.member("price_per_block", prices[0].pricePerBlock.microUnitsText)
        if prices.count > 1 {
            json.array("price_segments", prices.dropFirst()) { json, segment in
                json.member("denom", segment.denomination.code)
                json.member("from_height", segment.fromHeight)
                json.member("price", segment.pricePerBlock.microUnitsText)
            }
        }
        json.member("provider", identity.provider)
        json.member("provider_name", providerName)
        json.member("source", source)
        json.member("state", state.rawValue)
        json.member("withdrawn", withdrawn?.microUnitsText)
    }
}
