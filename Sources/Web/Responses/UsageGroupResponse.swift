import Billing
import JSON

/// The group of a day or a month of usage, in the API's format.
struct UsageGroupResponse {
    let grouping: UsageGrouping
    let group: String
    /// The name by which readers know the group, if it has one.
    let name: String?

    /// A provider is known by its address, and has the name beside it.
    private var shown: String { grouping == .provider ? group : name ?? group }

    /// Writes a member, which has a place in the order of the others, if it is that of the grouping; null for usage that
    /// has no such group.
    func writeDeployment(to json: inout JSONWriter) { write(.deployment, "deployment", to: &json) }
    func writeGPUModel(to json: inout JSONWriter) { write(.gpuModel, "gpu_model", to: &json) }
    func writeProvider(to json: inout JSONWriter) {
        write(.provider, "provider", to: &json)
        if grouping == .provider { json.nullable("provider_name", name) }
    }
    func writeTag(to json: inout JSONWriter) {
        if grouping.tagKey != nil { write(grouping, "tag_value", to: &json) }
    }

    private func write(_ grouping: UsageGrouping, _ member: StaticString, to json: inout JSONWriter) {
        guard grouping == self.grouping else { return }
        json.nullable(member, shown.isEmpty ? nil : shown)
    }

    static func columns(_ grouping: UsageGrouping) -> [String] {
        switch grouping {
        case .total: []
        case .deployment: ["Deployment"]
        case .provider: ["Provider", "Provider Name"]
        case .gpuModel: ["GPU Model"]
        case .tag(let key): ["Tag (\(key))"]
        }
    }

    var cells: [String] {
        switch grouping {
        case .total: []
        case .provider: [shown, name ?? ""]
        case .deployment, .gpuModel, .tag: [shown]
        }
    }
}
