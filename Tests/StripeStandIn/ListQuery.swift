/// The parameters of a list request; invalid and unknown ones are refused as Stripe does.
struct ListQuery {
    enum Cursor {
        case startingAfter(String)
        case endingBefore(String)

        var id: String {
            switch self {
            case .startingAfter(let id), .endingBefore(let id): id
            }
        }

        var parameter: String {
            switch self {
            case .startingAfter: "starting_after"
            case .endingBefore: "ending_before"
            }
        }
    }

    private(set) var limit = 10
    var cursor: Cursor?
    private(set) var expansions: [String] = []
    private var created: [@Sendable (Int64) -> Bool] = []
    private var members: [(name: String, value: String)] = []
    private var types: [String] = []
    private var typePattern: String?
    private var isDelivered: Bool?

    /// The first of those that name an object.
    init(_ name: String, is id: String) { members = [(name, id)] }

    init(_ call: StripeCall, _ resource: Resource) throws(StripeErrorAnswer) {
        var seen: Set<String> = []
        for (name, value) in call.parameters {
            guard seen.insert(name).inserted || name.hasSuffix("[]") else {
                throw .invalid(name, "The parameter \(name) was given twice.")
            }
            if name.hasPrefix("created"), !call.isInVersion(from: resource.createdSince) {
                throw .unknownParameter("created")
            }
            try read(name, value, resource)
        }
        if seen.isSuperset(of: ["starting_after", "ending_before"]) {
            throw .invalid("ending_before", "You can only give one of starting_after and ending_before.")
        }
        if typePattern != nil, !types.isEmpty {
            throw .invalid("type", "You may pass only one of type and types.")
        }
    }

    private mutating func read(
        _ name: String,
        _ value: String,
        _ resource: Resource
    ) throws(StripeErrorAnswer) {
        let isEvents = resource.object == Resource.event.object
        switch name {
        case "limit":
            guard let limit = Int(value), (1...100).contains(limit) else {
                throw .invalid(
                    name,
                    "Invalid limit: must be between 1 and 100",
                    code: "parameter_invalid_integer"
                )
            }
            self.limit = limit
        case "starting_after": cursor = .startingAfter(value)
        case "ending_before": cursor = .endingBefore(value)
        case "created", "created[gte]", "created[gt]", "created[lte]", "created[lt]":
            guard resource.isListedByCreated else { throw .unknownParameter(name) }
            created.append(try Self.comparison(name, value))
        case "expand[]":
            guard value.hasPrefix("data."), resource.expandable[String(value.dropFirst(5))] != nil else {
                throw .notExpandable(value)
            }
            expansions.append(String(value.dropFirst(5)))
        case "type" where isEvents: typePattern = value
        case "types[]" where isEvents:
            types.append(value)
            guard types.count <= 20 else {
                throw .invalid("types", "You may only specify up to 20 types.")
            }
            guard !value.contains("*") else {
                throw .invalid("types", "types takes the names of events, and no wildcards.")
            }
        case "delivery_success" where isEvents:
            guard value == "true" || value == "false" else {
                throw .invalid(name, "Invalid boolean: \(value)")
            }
            isDelivered = value == "true"
        case _ where resource.filters.contains(name):
            guard !value.isEmpty else {
                throw .invalid(
                    name,
                    "You passed an empty string for '\(name)'.",
                    code: "parameter_invalid_empty"
                )
            }
            members.append((name, value))
        default: throw .unknownParameter(name)
        }
    }

    private static func comparison(
        _ name: String,
        _ value: String
    ) throws(StripeErrorAnswer) -> @Sendable (Int64) -> Bool {
        guard let bound = Int64(value), bound >= 0 else {
            throw .invalid(name, "Invalid timestamp: must be an integer Unix timestamp in the past")
        }
        return switch name {
        case "created[gte]": { $0 >= bound }
        case "created[gt]": { $0 > bound }
        case "created[lte]": { $0 <= bound }
        case "created[lt]": { $0 < bound }
        default: { $0 == bound }
        }
    }

    func matches(_ entry: Shelf.Entry) -> Bool {
        guard !entry.isDeleted, created.allSatisfy({ $0(entry.created) }),
            isDelivered.map({ $0 == entry.isDelivered }) ?? true,
            members.allSatisfy({ Resource.member($0.name, of: entry.object) == $0.value })
        else { return false }
        guard typePattern != nil || !types.isEmpty else { return true }
        guard let type = entry.object["type"]?.string else { return false }
        if let typePattern, typePattern.hasSuffix("*") { return type.hasPrefix(typePattern.dropLast()) }
        return typePattern.map { $0 == type } ?? types.contains(type)
    }
}
