<?php
// What payment-api is measured against where a processor is called: a payment is kept, charged over
// TLS and settled by a child of PHP-FPM, which waits for the answer.
//
// The database is named by DB_SOCKET, DB_USER, DB_PASSWORD and DB_NAME, the processor by
// PROCESSOR_ADDRESS, PROCESSOR_KEY and PROCESSOR_CA_FILE.
//
// SPDX-License-Identifier: MIT

declare(strict_types=1);

function answer(int $status, array $body): never
{
    http_response_code($status);
    header('Content-Type: application/json');
    echo json_encode($body, JSON_UNESCAPED_SLASHES);
    exit;
}

preg_match('/^Bearer (\S+)$/', $_SERVER['HTTP_AUTHORIZATION'] ?? '', $match) || answer(401, ['error' => 'No key']);

$database = new PDO(
    'mysql:unix_socket=' . getenv('DB_SOCKET') . ';dbname=' . getenv('DB_NAME') . ';charset=utf8mb4',
    getenv('DB_USER'),
    getenv('DB_PASSWORD'),
    [PDO::ATTR_PERSISTENT => true, PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION]
);
$statement = $database->prepare('SELECT HEX(merchant_id) FROM api_keys WHERE key_hash = UNHEX(?)');
$statement->execute([hash('sha256', $match[1])]);
$merchant = $statement->fetchColumn();
$merchant !== false || answer(401, ['error' => 'Invalid API key']);

$payment = json_decode(file_get_contents('php://input'), true);
is_array($payment) || answer(400, ['error' => 'Invalid JSON']);

$now = microtime(true);
$id = bin2hex(substr(pack('J', (int) ($now * 1000)), 2) . random_bytes(10));
$cents = (int) round($payment['amount'] * 100);

$database->prepare(
    "INSERT INTO payments (id, merchant_id, amount, currency, status, processor, source, description, created_at)
     VALUES (UNHEX(?), UNHEX(?), ?, ?, 'processing', 'quick', ?, ?, ?)"
)->execute([
    $id, $merchant, $cents, $payment['currency'], $payment['source'], $payment['description'] ?? null,
    gmdate('Y-m-d H:i:s', (int) $now),
]);

$call = curl_init(getenv('PROCESSOR_ADDRESS') . '/v1/charges');
curl_setopt_array($call, [
    CURLOPT_CAINFO => getenv('PROCESSOR_CA_FILE'),
    CURLOPT_HTTPHEADER => ['Authorization: Bearer ' . getenv('PROCESSOR_KEY'), "Idempotency-Key: pay_$id"],
    CURLOPT_POSTFIELDS => http_build_query([
        'amount' => $cents, 'currency' => strtolower($payment['currency']), 'source' => $payment['source'],
        'metadata' => ['payment_id' => "pay_$id"],
    ]),
    CURLOPT_RETURNTRANSFER => true,
    CURLOPT_TIMEOUT => 15,
]);
$charge = json_decode((string) curl_exec($call), true);
($charge['status'] ?? null) === 'succeeded' || answer(502, ['error' => curl_error($call)]);

$database->prepare("UPDATE payments SET status = 'succeeded', reference = ? WHERE id = UNHEX(?)")
    ->execute([$charge['id'], $id]);

answer(201, ['id' => "pay_$id", 'status' => 'succeeded']);
