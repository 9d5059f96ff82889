<?php

require __DIR__ . '/vendor/autoload.php';

echo Example\Greet\Greeting::for(Example\App\World::NAME), PHP_EOL, file_get_contents(__DIR__ . '/warm.txt');
