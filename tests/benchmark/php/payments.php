<?php
// What payment-api is measured against: the same payment, kept by PHP with a persistent connection.
//
// The database is named by DB_SOCKET, DB_USER, DB_PASSWORD and DB_NAME.
//
// SPDX-License-Identifier: MIT

declare(strict_types=1);

const CURRENCIES = ['EUR', 'GBP', 'USD'];
const SOURCES = ['tok_visa', 'tok_mastercard', 'tok_amex'];

function answer(int $status, array $body, array $headers = []): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    header('Cache-Control: no-store');
    foreach ($headers as $name => $value) {
        header("$name: $value");
    }
    echo json_encode($body, JSON_UNESCAPED_SLASHES);
    exit;
}

function refuse(int $status, string $message): never
{
    answer($status, ['error' => $message]);
}

if ($_SERVER['REQUEST_METHOD'] !== 'POST' || $_SERVER['REQUEST_URI'] !== '/v1/payments') {
    refuse(404, 'Not found');
}
if (!preg_match('/^Bearer (\S+)$/', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $match)) {
    refuse(401, 'Missing API key');
}

$database = new PDO(
    'mysql:unix_socket=' . getenv('DB_SOCKET') . ';dbname=' . getenv('DB_NAME') . ';charset=utf8mb4',
    getenv('DB_USER'),
    getenv('DB_PASSWORD'),
    [PDO::ATTR_PERSISTENT => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]
);

$statement = $database->prepare(
    'SELECT HEX(k.merchant_id) FROM api_keys k JOIN merchants m ON m.id = k.merchant_id
     WHERE k.key_hash = UNHEX(?) AND k.revoked_at IS NULL
     AND (k.expires_at IS NULL OR k.expires_at > UTC_TIMESTAMP(3)) AND m.disabled_at IS NULL'
);
$statement->execute([hash('sha256', $match[1])]);
$merchant = $statement->fetchColumn();
if ($merchant === false) {
    refuse(401, 'Invalid API key');
}

$payment = json_decode(file_get_contents('php://input'), true);
if (!is_array($payment)) {
    refuse(400, 'Invalid JSON');
}
$amount = $payment['amount'] ?? null;
if ((!is_int($amount) && !is_float($amount)) || $amount <= 0 || $amount > 9_999_999_999_999.99) {
    refuse(400, 'Invalid amount');
}
if (!in_array($payment['currency'] ?? null, CURRENCIES, true)) {
    refuse(400, 'Invalid currency');
}
if (!in_array($payment['source'] ?? null, SOURCES, true)) {
    refuse(400, 'Invalid payment source');
}
$description = $payment['description'] ?? null;
if ($description !== null && !(is_string($description) && preg_match('/\A.{0,255}\z/su', $description))) {
    refuse(400, 'Invalid description');
}

// Milliseconds, then random bytes: in the order of time, as the ids of payment-api are.
$now = microtime(true);
$id = bin2hex(substr(pack('J', (int) ($now * 1000)), 2) . random_bytes(10));
$cents = (int) round($amount * 100);
$created = gmdate('Y-m-d\TH:i:s\Z', (int) $now);

$database->prepare(
    "INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source, description, created_at)
     VALUES (UNHEX(?), UNHEX(?), ?, ?, 'succeeded', 'sandbox', ?, ?, ?)"
)->execute([
    $id, $merchant, $cents, $payment['currency'], $payment['source'], $description,
    gmdate('Y-m-d H:i:s', (int) $now),
]);

answer(201, [
    'id' => "pay_$id",
    'amount' => $cents / 100,
    'currency' => $payment['currency'],
    'status' => 'succeeded',
    'created_at' => $created,
], ['Location' => "/v1/payments/pay_$id"]);
