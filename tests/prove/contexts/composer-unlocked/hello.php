<?php
require __DIR__ . '/vendor/autoload.php';
echo (new Example\Unlocked\Planet())->name(), ' ', Example\Greet\Hello::WORD, PHP_EOL;
