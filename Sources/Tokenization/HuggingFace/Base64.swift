import Foundation

/// Bytes written as text (RFC 4648).
enum Base64 {
    static func decoded(_ text: String) -> [UInt8]? {
        Data(base64Encoded: text).map { Array($0) }
    }
}
