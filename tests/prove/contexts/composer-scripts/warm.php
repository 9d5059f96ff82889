<?php

require __DIR__ . '/vendor/autoload.php';

file_put_contents(__DIR__ . '/warm.txt', "$argv[1] " . Example\App\World::NAME . PHP_EOL, FILE_APPEND);
